// Before the page is painted, so that nothing flashes.
"use strict";
const keptTheme = localStorage.getItem("theme");
if (keptTheme) document.documentElement.dataset.theme = keptTheme;
