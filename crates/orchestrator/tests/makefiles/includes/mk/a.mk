## The first one
one:
	echo 1
include mk/b.mk
