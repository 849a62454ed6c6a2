##@ Web
web: ; cd web && npm run build ## Build the page
web-test: ; cd web && npm test
clean:: ; rm -rf web/dist
.PHONY: web-test
