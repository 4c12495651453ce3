# Bare `make` lists what there is. Each target names its own prerequisites; nothing has to be called first.

SHELL = /bin/sh
PREFIX ?= /usr
DESTDIR ?=
# What `install` installs: release (Swift's own libraries inside, stripped) or debug (needs the toolchain at hand);
# or the products in the folder BINARIES, as they are.
BUILD ?= release
SWIFT ?= swift
export SWIFT

# The flag of Package.swift for the packages we build on too: it makes the start quicker and idle processes smaller.
release = $(SWIFT) build --configuration release --static-swift-stdlib -Xlinker -s \
	-Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors
products := $(shell cat Scripts/executables)
swift_folders = Package.swift Sources Services Tests $(wildcard Benchmarks Fuzzing Schemas Examples)

.DEFAULT_GOAL := help
.PHONY: help setup build release test check format demo bench claims accuracy crash crash-schedules crash-mails \
	crash-clinics crash-metrics torture alerts clocks fuzz install deb thread-sanitizer address-sanitizer clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' Makefile

setup: ## install the Debian packages that are missing
	@sh Scripts/setup

build: setup ## build everything for debugging
	$(SWIFT) build

release: setup ## build the executables as they are installed: static, stripped
	@for product in $(products); do echo "$(release) --product $$product"; $(release) --product $$product || exit; done

test: setup ## build and run every test; ends with the runner's closing line
	$(SWIFT) build --build-tests
	@sh Scripts/test

check: setup ## format, imports, unit files; all without building
	$(SWIFT) format lint --strict --recursive --parallel $(swift_folders)
	sh Scripts/check-imports
	sh Scripts/check-units

format: ## format the Swift sources in place
	$(SWIFT) format --in-place --recursive --parallel $(swift_folders)

demo: setup ## a month of invented timesheets becomes orders and payouts, before your eyes
	$(SWIFT) build --product millctl
	$(SWIFT) build --product millrace-runner
	$(SWIFT) build --product millrace-backoffice
	@sh Scripts/demo "$$($(SWIFT) build --show-bin-path)"

bench: setup ## measure speed against floors measured in the same run
	@sh Benchmarks/run

claims: setup ## measure what was claimed of the earlier systems; writes Documentation/Claims.md
	$(SWIFT) build --product Claims
	@"$$($(SWIFT) build --show-bin-path)/Claims" Documentation/Claims.md

DATA ?=
accuracy: setup ## judge the categorizer on published purchases in DATA=FOLDER; writes Documentation/Accuracy.md
	@sh Benchmarks/accuracy/run "$(DATA)"

crash: setup ## kill -9 two thousand times under load; writes Documentation/CrashTable.md
	$(SWIFT) build --build-tests
	@sh Scripts/crash

crash-schedules: setup ## kill -9 scheduler and runner five hundred times; writes Documentation/ScheduleCrashes.md
	$(SWIFT) build --build-tests
	@sh Scripts/crash --schedules

crash-metrics: setup ## kill -9 the metrics service and publishers under 100,000 publishes; writes Documentation/MetricsCrashes.md
	$(SWIFT) build --build-tests
	@sh Scripts/crash --metrics

PARTS ?=
torture: setup ## break the services on purpose, all or PARTS="power hostile"; writes Documentation/Torture.md
	$(SWIFT) build --build-tests
	@sh Scripts/torture $(PARTS)

alerts: setup ## make every built-in alert fire by what it is about; writes Documentation/AlertTrials.md
	$(SWIFT) build --build-tests
	@MILLRACE_ALERT_TRIALS="$(CURDIR)/Documentation/AlertTrials.md" sh Scripts/test --filter RealAlertTests

crash-mails: setup ## kill -9 runner and worker two hundred times while briefs are mailed; writes Documentation/MailCrashes.md
	$(SWIFT) build --build-tests
	@sh Scripts/crash --mails

crash-clinics: setup ## kill -9 worker, runner and calendar three hundred times amid syncs of a clinic; then a thousand syncs in a row
	$(SWIFT) build --build-tests
	@MILLRACE_CLINIC_KILLS=$${MILLRACE_CLINIC_KILLS:-300} MILLRACE_CLINIC_SYNCS=$${MILLRACE_CLINIC_SYNCS:-1000} \
		MILLRACE_TEST_SECONDS=7200 sh Scripts/test --filter 'ClinicCrashTests|ClinicEnduranceTests'

SECONDS ?= 60
fuzz: setup ## feed every reader with what libFuzzer makes up, SECONDS=60 of processor time each; writes Documentation/Fuzzing.md
	@sh Scripts/fuzz --seconds "$(SECONDS)" $(READERS)

clocks: ## set the clock of a kernel of its own by an hour and a day, and put it to sleep, under runner and scheduler
	@sh Scripts/setup user-mode-linux
	$(SWIFT) build --build-tests
	@MILLRACE_OWN_KERNEL=yes sh Scripts/test --filter RealClockTests

install: ## install executables, units and completions (DESTDIR= PREFIX=/usr BUILD=release)
ifdef BINARIES
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh Scripts/install "$(BINARIES)"
else ifeq ($(BUILD),release)
	@$(MAKE) --no-print-directory release
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh Scripts/install "$$($(release) --show-bin-path)"
else
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh Scripts/install "$$($(SWIFT) build --show-bin-path)"
endif

deb: ## build the Debian package into .build/deb (BINARIES= VERSION=, else the built and that of debian/changelog)
	@sh Scripts/setup debhelper go-md2man lintian
ifndef BINARIES
	@$(MAKE) --no-print-directory release
endif
	@VERSION="$(VERSION)" sh Scripts/make-package "$(if $(BINARIES),$(BINARIES),$$($(release) --show-bin-path))" .build/deb

thread-sanitizer: setup ## run every test under the thread sanitizer
	$(SWIFT) build --build-tests --sanitize thread --scratch-path .build-thread
	@sh Scripts/test --sanitize thread --scratch-path .build-thread --skip MillraceUnderSystemdTests

# Leaks are not its subject: where an object is referred to weakly its counts are kept apart, at an address that Swift writes
# shifted, and what lives until the end is told as lost.
address-sanitizer: setup ## run every test under the address sanitizer
	$(SWIFT) build --build-tests --sanitize address --scratch-path .build-address
	@ASAN_OPTIONS=detect_leaks=0 sh Scripts/test --sanitize address --scratch-path .build-address --skip MillraceUnderSystemdTests

clean: ## remove what was built and what the demo left
	rm -rf .build .build-thread .build-address .millrace
