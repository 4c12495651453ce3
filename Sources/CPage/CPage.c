#pragma clang diagnostic ignored "-Wc23-extensions"
#include "CPage.h"

static const unsigned char css[] = {
#embed "page.css"
};
const millrace_page_file millrace_page_css = {css, sizeof css};

static const unsigned char js[] = {
#embed "page.js"
};
const millrace_page_file millrace_page_js = {js, sizeof js};
