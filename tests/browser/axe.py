"""What axe holds against a page, of that which keeps somebody from using it."""

from collections.abc import Sequence

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Page

SCRIPT = Axe().axe_script
RUN = """async rules => {
  const options = {resultTypes: ["violations"]};
  if (rules.length) options.runOnly = {type: "rule", values: rules};
  const {violations} = await axe.run(options);
  return violations
    .filter(each => ["serious", "critical"].includes(each.impact))
    .flatMap(each => each.nodes.map(node => `${each.id} ${node.html}`));
}"""
# A sheet slides in, colours fade; what turns for ever, or is out of sight, is not waited for.
SETTLED = """() => {
  const drawn = () => new Promise(requestAnimationFrame);
  const still = () => Promise.all(document.getAnimations()
    .filter(each => each.effect.getComputedTiming().endTime < 2000)
    .map(each => each.finished.catch(() => null)));
  const patience = new Promise(done => setTimeout(done, 1000));
  return Promise.race([drawn().then(drawn).then(still), patience]);
}"""
LAID_OUT = ("scrollable-region-focusable",)  # the serious rule that the size of things decides


def serious(page: Page | Frame, rules: Sequence[str] = ()) -> list[str]:
    """Return each serious fault of what is shown, by all rules or those; the script comes once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT)
    found: list[str] = page.evaluate(RUN, list(rules))
    return found


def settled(page: Page | Frame) -> None:
    """Wait until all is there, and what moves has come to rest."""
    page.wait_for_load_state()
    page.evaluate(SETTLED)
