// ALTCHA's proof of work: find the number whose hash, with the salt in front, is the challenge.
const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const solve = async (asked) => {
  const began = Date.now();
  const text = new TextEncoder();
  const { algorithm, challenge, salt, signature } = asked;
  for (let number = 0; number <= asked.maxNumber; number += 1) {
    const digest = await crypto.subtle.digest(algorithm, text.encode(salt + number));
    if (hex(digest) === challenge) {
      return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature, took: Date.now() - began }));
    }
  }
  return "";
};
