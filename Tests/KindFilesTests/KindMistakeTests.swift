import KindFiles
import TestSupport
import Testing

struct KindMistakeTests {
    @Test func allMistakesOfOneFileAreToldAtOnce() {
        let (catalog, problems) = load(
            """
            kinds:
              - name: Nightly Export
                comand: [/bin/sh]
                atempts: 3
              - name: resize
                command: resize.sh --all
                directory: srv
                umask: "999"
                environment: { 2FAST: x }
                nice: 30
                limits: { memory: 5 apples, open-files: few }
                key: { runing: 2, waiting: -1 }
                timeout: 10 parsecs
                attempts: "3"
                retry-budget: 20%
                resources: [notoin]
                retention: { suceeded: 7d }
                hooks:
                  - on: [never]
                    command: /bin/sh
                  - job: { params: {} }
              - name: resize
            resources:
              - { name: notion, rate: fast }
            queues:
              - { name: bulk, durability: never }
            """)
        let expected = [
            "k.yaml:2:11: kinds[0].name: has to be a name of 1 to 100 of a-z",
            "k.yaml:3:5: kinds[0].comand: there is no such key, did you mean command?",
            "k.yaml:4:5: kinds[0].atempts: there is no such key, did you mean attempts?",
            "k.yaml:6:14: kinds[1].command: the program has to be an absolute path, not \"resize.sh\"",
            "k.yaml:7:16: kinds[1].directory: has to be a directory, an absolute path, not \"srv\"",
            "k.yaml:8:12: kinds[1].umask: has to be three octal digits, such as \"027\", not \"999\"",
            "k.yaml:9:27: kinds[1].environment.2FAST: the name of a variable has letters",
            "k.yaml:10:11: kinds[1].nice: has to be a whole number from -20 to 19, not \"30\"",
            "k.yaml:11:23: kinds[1].limits.memory: has to be a size from 1M to 64T, such as 16M, not \"5 apples\"",
            "k.yaml:11:45: kinds[1].limits.open-files: has to be a whole number from 16 to 1048576, not \"few\"",
            "k.yaml:12:12: kinds[1].key.runing: there is no such key, did you mean running?",
            "k.yaml:12:32: kinds[1].key.waiting: has to be a whole number from 0 to 1000000, not \"-1\"",
            "k.yaml:13:14: kinds[1].timeout: has to be a time span from 1ms to 1w, such as 90s or 5min, not \"10 par",
            "k.yaml:14:15: kinds[1].attempts: has to be a whole number from 1 to 100, not \"3\"; remove the quotes",
            "k.yaml:15:19: kinds[1].retry-budget: has to be a number from 0 to 1, not \"20%\"",
            "k.yaml:16:17: kinds[1].resources[0]: no resource notoin is declared, did you mean notion?",
            "k.yaml:17:18: kinds[1].retention.suceeded: there is no such key, did you mean succeeded?",
            "k.yaml:19:14: kinds[1].hooks[0].on[0]: has to be one of succeeded, partial, failed, cancelled",
            "k.yaml:21:9: kinds[1].hooks[1]: on is missing; say which ends it is for",
            "k.yaml:21:14: kinds[1].hooks[1].job: kind is missing; name the kind of the job",
            "k.yaml:22:11: kinds[2].name: kind resize is declared in k.yaml:5 and again in k.yaml:22; remove one",
            "k.yaml:24:27: resources[0].rate: has to be tokens a second from 0.001 to 1000000",
            "k.yaml:26:31: queues[0].durability: has to be one of disk, crash, not \"never\"",
        ]
        #expect(problems.count == expected.count)
        for (problem, words) in zip(problems, expected) { #expect(problem.hasPrefix(words), "\(problem)") }
        #expect(catalog == KindCatalog())
    }

    @Test(arguments: [
        ("summary: \"a\\nb\"", "2:10: summary: has to be a text of at most 200 characters on one line"),
        ("name: y", "2:1: name: the key stands here again"),
        ("command: []", "2:10: command: has 0 values; a list of 1 to 1000"),
        ("command:", "2:9: command: has no value; it has to be a list of the program and its arguments"),
        ("command: [/bin/sh, [a]]", "2:20: command[1]: has to be a text, not a list"),
        ("command: [sh]", "2:10: command: the program has to be an absolute path, not \"sh\""),
        ("command: [/no/such]", "2:10: command: /no/such cannot be found: stat /no/such: No such file"),
        ("command: [/etc]", "2:10: command: /etc is a directory; name a program in it"),
        ("command: [/etc/passwd]", "2:10: command: /etc/passwd is not executable; chmod +x /etc/passwd"),
        ("command: [/dev/null]", "2:10: command: /dev/null is no file that can be started"),
        ("command: /bin/sh -c 'x", "2:10: command: the quote ' is not closed"),
        ("command: /bin/sh > /tmp/x", "2:10: command: no shell reads this, so > has no meaning"),
        ("command: /bin/echo $HOME", "2:10: command: no shell reads this, so $ has no meaning"),
        ("command: \" \"", "2:10: command: has 0 words"),
        ("command: /bin/sh\nworker: w", "3:1: worker: a kind has a command or a worker, not both"),
        ("directory: /", "2:1: directory: means nothing without a command"),
        (
            "worker: {command: /bin/sh}\nnice: 5",
            "3:1: nice: belongs to the worker; put it where its command is declared"
        ),
        ("worker: {command: /bin/sh}\noutput: 1M", "3:1: output: is for commands alone"),
        ("worker: nobody", "2:9: worker: no worker nobody is declared"),
        ("worker: {processes: 2}", "2:9: worker: command is missing; name the program"),
        ("worker: {command: /bin/sh, processes: 65}", "2:39: worker.processes: has to be a whole number from 1 to 64"),
        ("worker: {command: /bin/sh, warm: 3}", "2:34: worker.warm: has to be at most processes, which is 2, not 3"),
        ("worker: {command: /bin/sh, idle: 0s}", "2:34: worker.idle: has to be a time span from 1s to 4w 2d"),
        ("worker: {command: /bin/sh, age: 9s}", "2:33: worker.age: has to be a time span from 10s to 52w 1d"),
        ("worker: {command: /bin/sh, ping: 2h}", "2:34: worker.ping: has to be a time span from 100ms to 1h"),
        ("worker: {command: /bin/sh, capacity: 0}", "2:38: worker.capacity: has to be a whole number from 1 to 1000"),
        ("worker: {command: /bin/sh, grace: 2h}", "2:35: worker.grace: has to be a time span from 0s to 1h"),
        ("worker: {command: /bin/sh, name: z}", "2:28: worker.name: there is no such key"),
        ("worker: [a]", "2:9: worker: has to be a name of 1 to 100"),
        ("command: /bin/sh\ndirectory: /no/such", "3:12: directory: /no/such cannot be found"),
        ("command: /bin/sh\ndirectory: /etc/passwd", "3:12: directory: /etc/passwd is no directory"),
        ("command: /bin/sh\nuser: no-such-user", "3:7: user: there is no user \"no-such-user\" on this machine"),
        ("command: /bin/sh\nuser: 4000000001", "3:7: user: no user has the number 4000000001, so a group has to"),
        ("command: /bin/sh\ngroup: no-such-group", "3:8: group: there is no group \"no-such-group\" on this machine"),
        ("command: /bin/sh\numask: 1777", "3:8: umask: has to be three octal digits"),
        ("command: /bin/sh\nenvironment: [A]", "3:14: environment: has to be a mapping of keys to values"),
        ("command: /bin/sh\nenvironment: {A: [b]}", "3:18: environment.A: has to be a text, not a list"),
        ("command: /bin/sh\nenvironment: {MILLRACE_X: y}", "3:27: environment.MILLRACE_X: variables that begin with"),
        ("command: /bin/sh\nenvironment: {'A=B': y}", "3:22: environment.A=B: the name of a variable"),
        ("command: /bin/sh\ninherit-environment: [A-B]", "3:23: inherit-environment[0]: the name of a variable"),
        ("command: /bin/sh\nlimits: {cpu-time: 1.5s}", "3:20: limits.cpu-time: the kernel counts whole seconds"),
        ("command: /bin/sh\nlimits: {memory: 1K}", "3:18: limits.memory: has to be a size from 1M"),
        ("command: /bin/sh\nlimits: {processes: 0}", "3:21: limits.processes: has to be a whole number from 1"),
        ("command: /bin/sh\nlimits: {file-size: -1}", "3:21: limits.file-size: has to be a size from 0"),
        ("command: /bin/sh\nlimits: {cores: 1}", "3:10: limits.cores: there is no such key, did you mean core?"),
        ("command: /bin/sh\noutput: 16M", "3:9: output: has to be a size from 1 to 15M"),
        ("command: /bin/sh\ngrace: 61min", "3:8: grace: has to be a time span from 0s to 1h"),
        ("queue: A", "2:8: queue: has to be a name of 1 to 100"),
        ("concurrency: 0", "2:14: concurrency: has to be a whole number from 1 to 10000, not \"0\""),
        ("waiting: 1e3", "2:10: waiting: has to be a whole number from 1 to 1000000000, not \"1e3\""),
        ("key: {ordered: yes}", "2:16: key.ordered: has to be true or false, not \"yes\""),
        ("key: {ordered: true, running: 2}", "2:31: key.running: has to be 1 where the jobs of a key are ordered"),
        ("key: {from: ''}", "2:13: key.from: has to be the name of a member of the params"),
        ("timeout: 8d", "2:10: timeout: has to be a time span from 1ms to 1w"),
        ("item-timeout: 0", "2:15: item-timeout: has to be a time span from 1ms to 1w"),
        ("timeout: 1s\nitem-timeout: 2s", "3:15: warning: item-timeout: is longer than the timeout of the whole job"),
        ("attempts: 101", "2:11: attempts: has to be a whole number from 1 to 100"),
        ("backoff: 2h", "2:10: backoff: has to be a time span from 0s to 1h"),
        ("retry-budget: 1.5", "2:15: retry-budget: has to be a number from 0 to 1"),
        ("resources: notion", "2:12: resources: has to be a list, not \"notion\""),
        ("resources: [nothing]", "2:13: resources[0]: no resource nothing is declared; declare it in a list resources"),
        ("breaker: nothing", "2:10: breaker: no resource nothing is declared"),
        ("retention: 7d", "2:12: retention: has to be a mapping of keys to values, not \"7d\""),
        ("retention: {failed: 11000d}", "2:21: retention.failed: has to be a time span from 0s to"),
        ("hooks: {on: [failed]}", "2:8: hooks: has to be a list, not a mapping"),
        ("hooks: [{on: [], command: /bin/sh}]", "2:14: hooks[0].on: has 0 values; a list of 1 to 4"),
        ("hooks: [{on: [failed, failed], command: /bin/sh}]", "2:23: hooks[0].on[1]: stands here twice"),
        ("hooks: [{on: [failed]}]", "2:9: hooks[0]: a hook does one of command, job and http, not 0 of them"),
        (
            "hooks: [{on: [failed], command: /bin/sh, job: {kind: other}}]",
            "2:9: hooks[0]: a hook does one of command, job"
        ),
        ("hooks: [{on: [failed], job: {kind: z}}]", "2:36: warning: hooks[0].job.kind: no kind z is declared here"),
        ("hooks: [{on: [failed], job: {kind: other, queue: A}}]", "2:50: hooks[0].job.queue: has to be a name"),
        ("hooks: [{on: [failed], job: {kind: other, params: [1]}}]", "2:51: hooks[0].job.params: has to be a mapping"),
        (
            "hooks: [{on: [failed], job: {kind: other, params: {a: .nan}}}]",
            "2:55: hooks[0].job.params.a: JSON has no number"
        ),
        ("hooks: [{on: [failed], http: {}}]", "2:30: hooks[0].http: url is missing; say where the event is posted"),
    ])
    func eachRuleIsToldWithLineColumnAndPath(lines: String, expected: String) {
        let (_, problems) = load(["k.yaml": "name: x\n\(lines)\n", "other.yaml": "name: other\n"])
        #expect(problems.count { $0.hasPrefix("k.yaml:\(expected)") } == 1, "\(problems)")
        #expect(problems.count == 1, "\(problems)")
    }

    @Test(arguments: [
        ("ftp://example.org", "has to be an address that begins with https:// or http://"),
        ("https://", "has no host"), ("https:///path", "has no host"), ("https://:80/", "has no host"),
        ("https://user:pw@example.org/", "must not hold a password"), ("https://a.org/#x", "must not have a fragment"),
        ("https://a.org/ä", "written as %XX"), ("https://a.org/a b", "written as %XX"),
        ("http://a.org:0/", "no port from 1 to 65535"), ("http://a.org:65536/", "no port from 1 to 65535"),
        ("http://a.org:+1/", "no port from 1 to 65535"), ("http://[::1/", "has no host"),
    ])
    func addressesOfHooksAreChecked(url: String, expected: String) {
        let (_, problems) = load("name: x\nhooks: [{on: [failed], http: {url: \"\(url)\"}}]\n")
        #expect(problems.count == 1 && problems[0].contains("hooks[0].http.url: ") && problems[0].contains(expected))
    }

    @Test(arguments: ["http://127.0.0.1:8080/x?y=z", "https://[::1]:443/", "https://example.org"])
    func rightAddressesOfHooksAreTaken(url: String) {
        let (catalog, problems) = load("name: x\nhooks: [{on: [failed], http: {url: \"\(url)\"}}]\n")
        #expect(
            problems == [] && catalog.kinds["x"]?.hooks == [HookDefinition(on: [.failed], .http(url: url, secret: nil))]
        )
    }

    @Test func namesOfCredentialsArePlain() {
        for name in ["../x", "a/b", "..", ".x", "\"\"", "a b"] {
            let (_, problems) = load("name: x\nhooks: [{on: [failed], http: {url: \"http://a/\", secret: \(name)}}]\n")
            #expect(
                problems.count == 1 && problems[0].contains("http.secret: has to be the name of a systemd"), "\(name)")
        }
    }

    @Test(arguments: [
        ("name: millrace.x", "k.yaml:1:7: name: names that begin with millrace. are the suite's own"),
        ("name: hook.http", "k.yaml:1:7: name: names that begin with hook. are the suite's own"),
        ("name: \(String(repeating: "a", count: 101))", "k.yaml:1:7: name: has to be a name of 1 to 100"),
        ("name: [a]", "k.yaml:1:7: name: has to be a name of 1 to 100"),
        ("summary: x", "k.yaml:1:1: name is missing; give the kind one"),
        ("kindz: []", "k.yaml:1:1: kindz: there is no such key, did you mean kinds?"),
        ("name: x\nkinds: []", "k.yaml:1:1: name: a file is one kind, or has lists"),
        ("[a]", "k.yaml:1:1: has to be a mapping of keys to values, not a list"),
        ("kinds: {name: x}", "k.yaml:1:8: kinds: has to be a list, not a mapping"),
        ("kinds: [x]", "k.yaml:1:9: kinds[0]: has to be a mapping of keys to values, not \"x\""),
        ("workers: [{command: /bin/sh}]", "k.yaml:1:11: workers[0]: name is missing; give the worker one"),
        ("resources: [{name: a}]", "k.yaml:1:13: resources[0]: has neither a rate nor a breaker"),
        (
            "resources: [{name: a, burst: 3, breaker: {}}]",
            "k.yaml:1:23: resources[0].burst: means nothing without a rate"
        ),
        ("resources: [{name: a, rate: 3/fortnight}]", "k.yaml:1:29: resources[0].rate: has to be tokens a second"),
        ("resources: [{name: a, rate: 0.5/day}]", "k.yaml:1:29: resources[0].rate: has to be tokens a second"),
        ("resources: [{name: a, rate: 1000001}]", "k.yaml:1:29: resources[0].rate: has to be tokens a second"),
        ("resources: [{name: a, rate: 3, burst: 0}]", "k.yaml:1:39: resources[0].burst: has to be a whole number"),
        ("resources: [{name: a, breaker: {failures: 0}}]", "k.yaml:1:43: resources[0].breaker.failures: has to be a"),
        ("resources: [{name: a, breaker: {pause: 2d}}]", "k.yaml:1:40: resources[0].breaker.pause: has to be a time"),
        ("resources: [{name: a, breaker: true}]", "k.yaml:1:32: resources[0].breaker: has to be a mapping"),
        ("queues: [{name: q, concurrency: none}]", "k.yaml:1:33: queues[0].concurrency: has to be a whole number"),
        ("queues: [{name: q, waiting: 0}]", "k.yaml:1:29: queues[0].waiting: has to be a whole number from 1"),
        ("name: x\nresources: [{name: a, rate: 3}]", "k.yaml:2:13: resources[0]: has to be a name of 1 to 100"),
        ("queues: [{name: q, paused: true}]", "k.yaml:1:20: queues[0].paused: there is no such key"),
        (
            "resources: [{name: a, rate: 3}]\nkinds: [{name: x, breaker: a}]",
            "k.yaml:2:28: kinds[0].breaker: resource a has no breaker; add breaker: {} to it in k.yaml:1"
        ),
    ])
    func theOtherPartsOfAFileAreCheckedAlike(text: String, expected: String) {
        let (_, problems) = load(text)
        #expect(problems.count == 1 && problems[0].hasPrefix(expected), "\(problems)")
    }

    @Test func twoFilesThatDeclareOneThingAreToldWithBothPlaces() {
        let (_, problems) = load([
            "a.yaml": "# one\nname: x\n", "b.yaml": "kinds:\n- name: x\n",
            "c.yaml": "workers: [{name: x, command: /bin/sh}]\n", "d.yaml": "name: y\nworker: {command: /bin/sh}\n",
            "e.yaml": "workers: [{name: y, command: /bin/sh}]\n",
        ])
        #expect(
            problems == [
                "b.yaml:2:9: kinds[0].name: kind x is declared in a.yaml:2 and again in b.yaml:2; remove one of them",
                "e.yaml:1:18: workers[0].name: worker y is declared in d.yaml:2 and again in e.yaml:1; remove one of them",
            ])
    }

    @Test func onlyARunnerThatIsRootMayStartProcessesAsSomebodyElse() {
        for key in ["user: root", "group: root", "nice: -1"] {
            let text = "name: x\ncommand: /bin/sh\n\(key)\n"
            #expect(load(text, runner: 0).problems == [])
            #expect(load(text, runner: nil).problems == [])
            let (_, problems) = load(text, runner: 65_534)
            #expect(problems.count == 1 && problems[0].contains("only a runner that is root"), "\(problems)")
        }
        let (_, ownUser) = load("name: x\ncommand: /bin/sh\nuser: 65534\n", runner: 65_534)
        #expect(ownUser == [])
    }
}
