all: ; echo all
