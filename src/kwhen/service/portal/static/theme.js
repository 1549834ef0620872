// Before the first paint: the theme that was chosen here, else the one of the system.
const chosen = localStorage.getItem("kwhen-theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
