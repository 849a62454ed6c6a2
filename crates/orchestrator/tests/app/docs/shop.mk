# The project of the examples in docs/: every target only prints.

## where it goes @choice staging|production
ENV ?= staging
## the key of the registry @secret
TOKEN ?=

##@ Build

.PHONY: build
build: ## Compile the shop
	@echo compiling
	@echo 12 files, no errors

.PHONY: test
test: build ## Run the tests
	@echo 3 passed

.PHONY: lint
lint: ## Look for mistakes
	@echo 'cart.c:4: error: unused variable' >&2; exit 3

##@ Release

.PHONY: deploy
deploy: ## Roll it out @danger @exclusive
	@echo deploying to $(ENV)

.PHONY: publish
publish: ## Upload a build
	@test -n "$$TOKEN" && echo "uploading with $$TOKEN"

export TOKEN
