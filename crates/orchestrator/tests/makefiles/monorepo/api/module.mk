##@ API
api: ## Build the API
	cd api && go build ./...
api-test: api ## Test the API
	cd api && go test ./...
clean:: ; rm -rf api/bin
.PHONY: api-test clean
include common.mk
