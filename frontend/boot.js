// Loads the page. A file of its own, as the Content-Security-Policy allows no script in the HTML.
import init from "{{js}}";

try {
  await init({ module_or_path: "{{wasm}}" });
} catch (error) {
  // After the start the shell is gone and the page speaks for itself.
  const failed = document.getElementById("shell-failed");
  if (failed) failed.hidden = false;
  throw error;
}
