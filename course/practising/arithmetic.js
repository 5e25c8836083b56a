// Numbers and simple sums as a learner types them: + - * / and parentheses, also written − × · ÷ and with a comma for
// the decimal point. No names, no functions.

/** The number that `text` stands for, or a sentence about what is wrong with it: {value} or {problem}. */
function arithmetic(text) {
  const plain = text.replace(/[−–]/g, "-").replace(/[×·]/g, "*").replace(/÷/g, "/").replace(/½/g, "(1/2)")
    .replace(/(\d),(\d)/g, "$1.$2").trim();
  if (plain === "") return { problem: "Type a number, or a sum such as -4 * 2." };
  if (plain.length > 200) return { problem: "That is too long to read." };
  const tokens = plain.match(/(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[-+*/()]|\S/gi);
  let at = 0, problem = "";
  const fail = (sentence) => {
    problem = problem || sentence;
    return NaN;
  };
  const sum = () => {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "-") value = tokens[at++] === "+" ? value + product() : value - product();
    return value;
  };
  const product = () => {
    let value = signed();
    while (tokens[at] === "*" || tokens[at] === "/") value = tokens[at++] === "*" ? value * signed() : value / signed();
    return value;
  };
  const signed = () => {
    if (tokens[at] === "-") return at++, -signed();
    if (tokens[at] === "+") return at++, signed();
    return single();
  };
  const single = () => {
    const token = tokens[at++];
    if (token === undefined) return fail("Something is missing at the end.");
    if (token === "(") {
      const value = sum();
      return tokens[at++] === ")" ? value : fail("A bracket is not closed.");
    }
    if (/^[\d.]/.test(token) && token !== ".") return Number(token);
    if (/[a-z∂σ]/i.test(token)) return fail("Write the number in place of the letter.");
    if (/[-+*/)]/.test(token)) return fail(`Before “${token}” a number is missing.`);
    return fail(`I can read numbers and + − × ÷ ( ), but not “${token}”.`);
  };
  const value = sum();
  if (!problem && at < tokens.length) {
    fail(tokens[at] === ")" ? "A bracket is closed that was not opened."
      : /[a-z∂σ]/i.test(tokens[at]) ? "Write the number in place of the letter."
        : /[\d.(]/.test(tokens[at]) ? `Before “${tokens[at]}” an operator is missing.`
          : `I can read numbers and + − × ÷ ( ), but not “${tokens[at]}”.`);
  }
  if (!problem && !Number.isFinite(value)) fail("That divides by 0.");
  return problem ? { problem } : { value };
}
