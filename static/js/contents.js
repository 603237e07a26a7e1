/** Marks in the contents what is being read. */

const contents = document.querySelector("[data-contents]");
const links = new Map();
for (const link of contents.querySelectorAll("a")) {
  const part = document.getElementById(link.hash.slice(1));
  if (part) {
    links.set(part, link);
  }
}

// Not scrollIntoView, which may move the page along with the contents.
function reveal(link) {
  const top = link.offsetTop - contents.scrollTop;
  if (top < 0 || top + link.offsetHeight > contents.clientHeight) {
    contents.scrollTop = link.offsetTop - contents.clientHeight / 2;
  }
}

function mark(part) {
  for (const [each, link] of links) {
    if (each === part) {
      link.setAttribute("aria-current", "true");
      reveal(link);
    } else {
      link.removeAttribute("aria-current");
    }
  }
}

// A part is read while it covers the line a third down the window.
const observer = new IntersectionObserver(
  (entries) => {
    const entered = entries.find((entry) => entry.isIntersecting);
    if (entered) {
      mark(entered.target);
    }
  },
  { rootMargin: "-33% 0px -66% 0px" },
);
for (const part of links.keys()) {
  observer.observe(part);
}
