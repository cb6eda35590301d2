// A second carrier, on npm's `smpp`: knows one account, answers and reports, and prints what happens as lines of JSON.
//   node tests/peers/smsc/npm_smsc.js PORT SYSTEM_ID PASSWORD
"use strict";
const smpp = require("../node_modules/smpp");
const [port, systemId, password] = process.argv.slice(2);
let ids = 500;

function tell(event, facts) {
  process.stdout.write(JSON.stringify(Object.assign({ event }, facts)) + "\n");
}

const server = smpp.createServer({ autoPrependBuffer: false }, (session) => {
  session.on("error", () => {});
  session.on("bind_transceiver", (pdu) => {
    const known = pdu.system_id === systemId && pdu.password === password;
    session.send(pdu.response({ command_status: known ? smpp.ESME_ROK : smpp.ESME_RINVPASWD }));
    tell(known ? "bound" : "refused", { system: pdu.system_id });
    if (!known) session.close();
  });
  session.on("submit_sm", (pdu) => {
    const id = (ids++).toString(16);
    const udh = (pdu.short_message.udh || []).length;
    tell("submit", { id, to: pdu.destination_addr, text: pdu.short_message.message, udh, esm_class: pdu.esm_class });
    session.send(pdu.response({ message_id: id }));
    session.deliver_sm({
      source_addr: pdu.destination_addr,
      destination_addr: pdu.source_addr,
      esm_class: 4,
      short_message: "id:" + parseInt(id, 16) + " sub:001 dlvrd:001 stat:DELIVRD err:000",
    });
  });
  session.on("deliver_sm_resp", (pdu) => tell("answer", { status: pdu.command_status }));
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => { session.send(pdu.response()); session.close(); tell("unbound", {}); });
  process.stdin.on("data", (line) => {
    const command = JSON.parse(line);
    session.deliver_sm({ source_addr: command.from, destination_addr: "8088", short_message: command.text });
  });
});
server.listen(Number(port), "127.0.0.1", () => tell("listening", {}));
process.stdin.on("end", () => process.exit(0));
