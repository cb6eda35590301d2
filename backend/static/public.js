"use strict";
// Nothing here is needed: photos are made smaller before they are sent, shown, and a form is sent once.
const LONGEST_SIDE = 2000, WORTH_IT = 700 * 1024, QUALITY = 0.85;

const smaller = async (file) => {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < WORTH_IT || !window.createImageBitmap) return file;
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!blob || blob.size >= file.size) return file;
  return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
};

const preview = (input) => {
  let box = input.nextElementSibling;
  if (!box || !box.classList.contains("thumbs")) {
    box = document.createElement("div");
    box.className = "thumbs";
    input.after(box);
  }
  box.textContent = "";
  [...input.files].filter((file) => file.type.startsWith("image/")).forEach((file) => {
    const image = document.createElement("img");
    image.alt = file.name;
    image.src = URL.createObjectURL(file);
    image.onload = () => URL.revokeObjectURL(image.src);
    box.append(image);
  });
};

document.querySelectorAll('input[type="file"]').forEach((input) => {
  input.addEventListener("change", async () => {
    try {
      const files = new DataTransfer();
      for (const file of input.files) files.items.add(await smaller(file).catch(() => file));
      input.files = files.files;
    } catch (_) { /* an old browser: sent as they are */ }
    preview(input);
  });
});

document.querySelectorAll("form").forEach((form) => {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button[data-busy]");
    if (!button) return;
    const label = button.textContent;
    setTimeout(() => { button.disabled = true; button.textContent = button.dataset.busy; });
    addEventListener("pageshow", () => { button.disabled = false; button.textContent = label; });
  });
});

const problems = document.getElementById("problems");
if (problems) problems.focus();
