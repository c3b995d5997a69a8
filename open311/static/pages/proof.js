// ALTCHA's proof of work: find the number whose hash, with the salt in front, is the challenge.
const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

addEventListener("message", async ({ data }) => {
  const began = Date.now();
  const text = new TextEncoder();
  for (let number = 0; number <= data.maxNumber; number += 1) {
    const digest = await crypto.subtle.digest(data.algorithm, text.encode(data.salt + number));
    if (hex(digest) === data.challenge) {
      const { algorithm, challenge, salt, signature } = data;
      postMessage(btoa(JSON.stringify({ algorithm, challenge, number, salt, signature, took: Date.now() - began })));
      return;
    }
  }
  postMessage("");
});
