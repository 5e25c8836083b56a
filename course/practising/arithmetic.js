// Numbers and simple sums as a learner types them: + - * / and parentheses, also written − × · ÷ and with a comma for
// the decimal point. No names, no functions.

/** The number that `text` stands for, or a sentence, of `words`, about what is wrong with it: {value} or {problem}. */
function arithmetic(text, words) {
  const plain = text.replace(/[−–]/g, "-").replace(/[×·]/g, "*").replace(/÷/g, "/").replace(/½/g, "(1/2)")
    .replace(/(\d),(\d)/g, "$1.$2").trim();
  if (plain === "") return { problem: words.empty };
  if (plain.length > 200) return { problem: words["too long"] };
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
    if (token === undefined) return fail(words["breaks off"]);
    if (token === "(") {
      const value = sum();
      return tokens[at++] === ")" ? value : fail(words["not closed"]);
    }
    if (/^[\d.]/.test(token) && token !== ".") return Number(token);
    if (/[a-z∂σ]/i.test(token)) return fail(words.letter);
    if (/[-+*/)]/.test(token)) return fail(filled(words["no number"], { token }));
    return fail(filled(words.unknown, { token }));
  };
  const value = sum();
  if (!problem && at < tokens.length) {
    fail(tokens[at] === ")" ? words["not opened"]
      : /[a-z∂σ]/i.test(tokens[at]) ? words.letter
        : filled(/[\d.(]/.test(tokens[at]) ? words["no operator"] : words.unknown, { token: tokens[at] }));
  }
  if (!problem && !Number.isFinite(value)) fail(words["by zero"]);
  return problem ? { problem } : { value };
}
