// Answers one call of the official Cedar engine a line: "function json" in, "ok json" or "failed text" out.
// Usage: node official-engine.cjs <path of the package>
'use strict';

// 64-bit integers do not survive JavaScript's numbers. The engine's bindings turn arguments into text and results out of text with the
// global JSON, so both pass through it as the text that they are.
const asText = Symbol('text');
const stringify = JSON.stringify;
JSON.stringify = (value, ...rest) => value?.[asText] ?? stringify(value, ...rest);
JSON.parse = source => ({ [asText]: source });

const engine = require(process.argv[2]);
const lines = require('node:readline').createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on('line', line => {
  const space = line.indexOf(' ');
  let answer;
  try {
    const result = engine[line.slice(0, space)]({ [asText]: line.slice(space + 1) });
    answer = 'ok ' + (result[asText] ?? stringify(result));
  } catch (error) {
    answer = 'failed ' + stringify(String(error));
  }
  process.stdout.write(answer + '\n');
});
