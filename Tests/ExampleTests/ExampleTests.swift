import Glibc
import Linux
import TestSupport
import Testing

/// What the folder Examples tells people to do works, against a real runner.
@Suite(.heavy, .serialized, .enabled(if: RunningSuite.isBuilt, "the suite's executables are not built"))
struct ExampleTests {
    private static let hasPython = access("/usr/bin/python3", X_OK) == 0

    @Test func theWorkerInPythonIsAtMostSixtyLines() throws {
        let source = try #require(text(of: packageRoot + "/Examples/python/worker.py"))
        #expect(source.split(separator: "\n", omittingEmptySubsequences: false).count <= 61)
    }

    @Test(.enabled(if: hasPython, "python3 not there"))
    func theWorkerInPythonDoesJobsAndComesBackToARunnerThatWasRestarted() async throws {
        try await RunningSuite.run { suite in
            let worker = try RunningProcess(
                ["/usr/bin/python3", packageRoot + "/Examples/python/worker.py", suite.socket])
            try await eventually("the worker is there", within: .seconds(20)) {
                try await suite.call("worker.list")["workers"].elements.contains { $0["name"].string == "checksum.py" }
            }
            let file = suite.folder.write("abc", to: "abc.txt")
            let watched = try await suite.check(
                "job", "submit", "checksum", "--params", "{\"path\":\"\(file)\"}", "--wait", "--json")
            #expect(watched.contains("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))

            let missing = try await submit(suite, "checksum", "{\"path\":\"/nowhere\"}")
            let failed = try await suite.finished(missing)
            #expect(failed["state"].string == "failed")
            let attempts = try await suite.call("job.show", "{\"id\":\(missing),\"attempts\":true}")["attempts"]
            #expect(attempts.elements.count == 1, "what is not there is not looked for again")
            #expect(failed["error"]["data"]["status"].string == "NOT_FOUND")

            var jobs: [Int] = []
            for _ in 0..<8 { jobs.append(try await submit(suite, "checksum", "{\"path\":\"\(file)\"}")) }
            for job in jobs { #expect(try await suite.finished(job)["result"]["bytes"].int == 3) }

            kill(try await suite.processID(), SIGKILL)
            try await eventually("the worker is back", within: .seconds(30)) {
                let workers = try? await suite.call("worker.list")["workers"].elements
                return workers?.contains { $0["name"].string == "checksum.py" } == true
            }
            let again = try await submit(suite, "checksum", "{\"path\":\"\(file)\"}")
            #expect(try await suite.finished(again)["state"].string == "succeeded")
            #expect(worker.progress.value.ending == nil)
        }
    }

    @Test(.enabled(if: Binary.exist("ExampleWorker"), "ExampleWorker is not built"))
    func theWorkerInSwiftDoesWhatItsReadmeSays() async throws {
        try await RunningSuite.run { suite in
            let worker = try RunningProcess([Binary.path("ExampleWorker"), "--connect", suite.socket])
            try await eventually("the worker is there", within: .seconds(20)) {
                try await suite.call("worker.list")["workers"].elements.contains { $0["name"].string == "example" }
            }
            let one = suite.folder.write("one two three\n", to: "one.txt")
            let two = suite.folder.write("four\nfive", to: "two.txt")
            let job = try await submit(suite, "count-words", "{\"files\":[\"\(one)\",\"/nowhere\",\"\(two)\"]}")
            let done = try await suite.finished(job)
            #expect(done["state"].string == "partial")
            #expect(done["result"]["words"].int == 5 && done["result"]["files"].int == 3)
            #expect(done["result"]["failed"].elements.map(\.string) == ["/nowhere"])
            #expect(worker.progress.value.ending == nil)
        }
    }

    @Test func theShellCommandDoesWhatItsReadmeSays() async throws {
        try await RunningSuite.run { suite in
            let declared = try #require(text(of: packageRoot + "/Examples/shell/disk-usage.yaml"))
            let installed = "/usr/share/doc/millrace/examples"
            #expect(declared.contains("command: [/bin/sh, \(installed)/shell/disk-usage.sh]"))
            for folder in ["/etc", "/etc/kinds.d"] { mkdir(suite.state + folder, 0o755) }
            suite.folder.write(
                declared.replacing(installed, with: packageRoot + "/Examples"), to: "state/etc/kinds.d/disk-usage.yaml")
            try await suite.check("kind", "check")
            _ = try await suite.call("service.reload")

            let folder = suite.folder.file("measured")
            mkdir(folder, 0o755)
            suite.folder.write([UInt8](repeating: 1, count: 100_000), to: "measured/file")
            let job = try await submit(suite, "disk-usage", "{\"folders\":[\"\(folder)\"]}")
            let done = try await suite.finished(job)
            #expect(done["state"].string == "succeeded")
            #expect(try #require(done["result"]["kilobytes"].int) >= 97)
            #expect(suite.log.contains("job \(job): measuring \(folder)"))

            // What is not there is tried again as often as the kind says; what cannot be is not.
            let later = try await suite.finished(try await submit(suite, "disk-usage", "{\"folders\":[\"/nowhere\"]}"))
            #expect(later["state"].string == "failed")
            let detail = try await suite.call("job.show", "{\"id\":\(later["id"].int ?? 0),\"attempts\":true}")
            #expect(detail["attempts"].elements.count == 3)
            let wrong = try await suite.finished(try await submit(suite, "disk-usage", "{}"))
            #expect(wrong["state"].string == "failed")
        }
    }

    @Test(.enabled(if: hasPython, "python3 not there"))
    func theKindsOfTheSampleOfAPoolAreServedByItsWorker() async throws {
        try await RunningSuite.run { suite in
            let declared = try #require(text(of: packageRoot + "/Examples/kinds.d/thumbnails.yaml"))
            let installed = "python3, /usr/share/doc/millrace/examples"
            #expect(declared.contains(installed))
            for folder in ["/etc", "/etc/kinds.d"] { mkdir(suite.state + folder, 0o755) }
            suite.folder.write(
                declared.replacing(installed, with: "python3, -B, " + packageRoot + "/Examples"),
                to: "state/etc/kinds.d/thumbnails.yaml")
            _ = try await suite.call("service.reload")

            let header = Array("P6\n# four by two\n4 2\n255\n".utf8)
            let picture = suite.folder.write(header + Array("aaabbbcccdddeeefffggghhh".utf8), to: "picture.ppm")
            func make(_ kind: String, _ name: String, _ more: String = "") async throws -> String? {
                let made = suite.folder.file(name)
                let job = try await submit(suite, kind, "{\"from\":\"\(picture)\",\"to\":\"\(made)\"\(more)}")
                let done = try await suite.finished(job)
                #expect(done["state"].string == "succeeded", "\(done["error"])")
                return text(of: made)
            }
            #expect(try await make("make-thumbnail", "small.ppm", ",\"size\":2") == "P6\n2 1\n255\naaaccc")
            #expect(try await make("rotate-picture", "turned.ppm") == "P6\n2 4\n255\neeeaaafffbbbgggccchhhddd")
            let missing = try await suite.finished(
                try await submit(suite, "rotate-picture", "{\"from\":\"/nowhere\",\"to\":\"/nowhere\"}"))
            #expect(missing["error"]["data"]["status"].string == "NOT_FOUND")
        }
    }

    /// The package puts the folder there; a path that is not in it would wait for somebody to run into it.
    @Test func installedExamplesAreWhereTheExamplesAndThePagesSay() throws {
        let installed = "/usr/share/doc/millrace/examples/"
        var pages = DocumentedPage.all.map { ($0.name, $0.source) }
        for folder in ["kinds.d", "python", "schedules.d", "shell", "datasets.d"] {
            for name in try Files.list("\(packageRoot)/Examples/\(folder)") where !name.hasSuffix(".md") {
                let path = "Examples/\(folder)/\(name)"
                pages.append((path, text(of: "\(packageRoot)/\(path)") ?? ""))
            }
        }
        var named = 0
        for (page, source) in pages {
            for found in source.matches(of: /\/usr\/[a-z\/]*\/millrace\/examples?\/[A-Za-z0-9_.\/-]*[A-Za-z0-9_-]/) {
                let path = String(found.output)
                named += 1
                #expect(path.hasPrefix(installed), "\(page): \(path)")
                #expect(
                    access("\(packageRoot)/Examples/" + path.dropFirst(installed.count), F_OK) == 0, "\(page): \(path)")
            }
        }
        #expect(named >= 4)
    }

    private func submit(_ suite: RunningSuite, _ kind: String, _ params: String) async throws -> Int {
        let receipt = try await suite.call("job.submit", "{\"kind\":\"\(kind)\",\"params\":\(params)}")
        return try #require(receipt["id"].int)
    }
}
