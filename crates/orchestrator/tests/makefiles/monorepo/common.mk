OUT ?= out
REGISTRY ?= registry.example.org
GUARD = $(if $($1),,$(error $1 is needed))

##@ Images
images: $(PARTS:%=%-image) ## Build all images
$(PARTS:%=%-image): %-image: %
	docker build -t $(REGISTRY)/$* $*
push: images ## Push them
	@: $(call GUARD,TOKEN)
	for part in $(PARTS); do docker push $(REGISTRY)/$$part; done
.PHONY: images push $(PARTS:%=%-image)
