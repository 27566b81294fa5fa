// usage: node parser.mjs FOLDER <QUESTIONS
// Reads every workflow in FOLDER with GitHub's own parser and evaluates expressions in them by GitHub's own evaluator.
// A question, of a JSON list: which file, the path to what is asked there, the contexts as they are then; for an `if` also
// whether what came before ended with "success", "failure" or "cancelled", and whether there are files to hash. Prints
// the errors by file, and the answers in their order.
import { readFileSync, readdirSync } from "node:fs";
import { register } from "node:module";

// The package imports JSON in a way that Node has given up.
register(
  "data:text/javascript," +
    encodeURIComponent(`
  import { readFile } from "node:fs/promises";
  export async function load(url, context, next) {
    if (!url.endsWith(".json")) return next(url, context);
    return { format: "module", shortCircuit: true, source: "export default " + (await readFile(new URL(url), "utf8")) };
  }`),
);
const { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } = await import("@actions/workflow-parser");
const { ensureStatusFunction } = await import("@actions/workflow-parser/model/converter/if-condition");
const { Evaluator, Lexer, Parser, data } = await import("@actions/expressions");
const { reviver } = await import("@actions/expressions/data/reviver");

const folder = process.argv[2];
const read = (name) => ({ name, content: readFileSync(`${folder}/${name}`, "utf8") });
const called = { getFileContent: async ({ path }) => read(path.replace(".github/workflows/", "")) };

const errors = {};
const roots = {};
for (const name of readdirSync(folder)) {
  const { context, value } = parseWorkflow(read(name), new NoOperationTraceWriter());
  roots[name] = value;
  if (value) {
    // What is called is read, too, and what it gets is held against what it asks for.
    await convertWorkflowTemplate(context, value, called, { fetchReusableWorkflowDepth: 1 });
  }
  errors[name] = context.errors.getErrors().map((error) => error.message);
}

function functions(status, files) {
  const is = (name, value) => ({ name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value) });
  return [
    is("always", true),
    is("success", status === "success"),
    is("failure", status === "failure"),
    is("cancelled", status === "cancelled"),
    {
      name: "hashFiles",
      minArgs: 1,
      maxArgs: 255,
      call: (...names) => new data.StringData(files ? `hash of ${names.map((name) => name.coerceString()).join(" ")}` : ""),
    },
  ];
}

function find(name, path) {
  let token = roots[name];
  for (const step of path) {
    let next;
    if (typeof step === "number") {
      next = token.get(step);
    } else {
      for (const { key, value } of token) if (key.value === step) next = value;
    }
    if (!next) throw new Error(`${name} has no ${path.join(".")}`);
    token = next;
  }
  return token;
}

function answer({ workflow, path, contexts = {}, status = "success", files = true }) {
  const token = find(workflow, path);
  let expression = token.expression;
  if (path.at(-1) === "if") {
    expression = ensureStatusFunction(expression ?? token.value, token.definitionInfo);
  } else if (expression === undefined) {
    return String(token.value);
  }
  const known = functions(status, files);
  const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), known).parse();
  const evaluator = new Evaluator(
    tree,
    JSON.parse(JSON.stringify(contexts), reviver),
    new Map(known.map((one) => [one.name.toLowerCase(), one])),
  );
  const found = evaluator.evaluate();
  return path.at(-1) === "if" ? !["", "false", "0"].includes(found.coerceString()) : found.coerceString();
}

const questions = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify({ errors, answers: questions.map(answer) }));
