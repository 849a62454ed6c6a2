##@ Second file
two: ## The second one
	echo 2
include mk/a.mk
