"""One module per provider behind the interface in `base`; `sms_gateway.channel` chooses."""
