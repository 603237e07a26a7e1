/** Highlights the current section in the table of contents. */

const contents = document.querySelector("[data-contents]");
const linkBySection = new Map();
for (const link of contents.querySelectorAll("a")) {
  const section = document.getElementById(link.hash.slice(1));
  if (section) {
    linkBySection.set(section, link);
  }
}

// Not scrollIntoView, which may scroll the page as well as the contents.
function scrollToLink(link) {
  const top = link.offsetTop - contents.scrollTop;
  if (top < 0 || top + link.offsetHeight > contents.clientHeight) {
    contents.scrollTop = link.offsetTop - contents.clientHeight / 2;
  }
}

function highlight(current) {
  for (const [section, link] of linkBySection) {
    if (section === current) {
      link.setAttribute("aria-current", "true");
      scrollToLink(link);
    } else {
      link.removeAttribute("aria-current");
    }
  }
}

// A section is current while it covers the line a third of the way down the window.
const observer = new IntersectionObserver(
  (entries) => {
    const entered = entries.find((entry) => entry.isIntersecting);
    if (entered) {
      highlight(entered.target);
    }
  },
  { rootMargin: "-33% 0px -66% 0px" },
);
for (const section of linkBySection.keys()) {
  observer.observe(section);
}
