// Starts the page. A file of its own, because the Content-Security-Policy forbids scripts inside the HTML.
import init from "{{js}}";

await init({ module_or_path: "{{wasm}}" });
