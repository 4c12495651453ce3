import Glibc
import Linux
import TestSupport
import Testing

@Suite struct FilesTests {
    let directory = TemporaryDirectory()

    @Test func writesWholeAndReadsBack() throws {
        let path = directory.file("x")
        let bytes = randomBytes(200_000)
        try Files.write(path, bytes, mode: 0o600)
        #expect(try Files.read(path) == bytes)
        #expect(try Files.size(path) == 200_000)
        try Files.write(path, "short")
        #expect(try Files.readText(path) == "short")
        #expect(try Files.list(directory.path) == ["x"])
    }

    @Test func aFailedWriteLeavesTheOldFileAndNothingElse() throws {
        let path = directory.file("x")
        try Files.makeDirectory(path + "/child")
        #expect(throws: SystemError.self) { try Files.write(path, "new") }
        #expect(Files.kind(path) == .directory)
        #expect(try Files.list(directory.path) == ["x"])
    }

    @Test func aFileBeyondTheLimitIsRefused() throws {
        let path = directory.write(String(repeating: "x", count: 101), to: "x")
        #expect(try Files.read(path, limit: 101).count == 101)
        #expect(throws: SystemError(number: EFBIG, call: "read \(path)")) { try Files.read(path, limit: 100) }
    }

    @Test func textThatIsNoUTF8IsRefused() throws {
        let path = directory.write([0x61, 0xFF], to: "x")
        #expect(throws: SystemError(number: EILSEQ, call: "read \(path)")) { try Files.readText(path) }
    }

    @Test func directoriesAreMadeWithTheirParentsOnce() throws {
        let path = directory.file("a/b/c")
        #expect(throws: SystemError(number: ENOENT, call: "mkdir \(path)")) {
            try Files.makeDirectory(path, parents: false)
        }
        try Files.makeDirectory(path, mode: 0o750)
        try Files.makeDirectory(path)
        #expect(Files.kind(path) == .directory)
        directory.write("", to: "file")
        #expect(throws: SystemError(number: ENOTDIR, call: "mkdir \(directory.file("file"))")) {
            try Files.makeDirectory(directory.file("file"))
        }
    }

    @Test func removingATreeDoesNotFollowLinks() throws {
        directory.write("stays", to: "outside")
        try Files.makeDirectory(directory.file("tree/deep"))
        directory.write("x", to: "tree/deep/file")
        #expect(symlink(directory.path, directory.file("tree/deep/link")) == 0)
        try Files.removeTree(directory.file("tree"))
        try Files.removeTree(directory.file("tree"))
        #expect(try Files.list(directory.path) == ["outside"])
    }

    @Test(arguments: [
        ("/", "/", "/"), ("/x", "/", "x"), ("/a/b", "/a", "b"), ("x", ".", "x"), ("a/b/", "a", "b"),
    ])
    func pathsHaveParentAndName(path: String, parent: String, name: String) {
        #expect(Files.parent(path) == parent)
        #expect(Files.name(path) == name)
    }
}

@Suite struct IdentifierTests {
    @Test func areLongLowerCaseHexAndNeverTheSame() {
        let many = (0..<1000).map { _ in Identifier.random() }
        #expect(Set(many).count == 1000)
        #expect(many.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy { "0123456789abcdef".contains($0) } })
    }

    @Test func noRandomBytesAreNoBytes() {
        #expect(randomBytes(0) == [])
    }
}

@Suite struct EnvironmentTests {
    /// In a process of its own: no other thread may look at the environment while it changes.
    @Test func readsSetsAndRemovesVariables() async {
        await #expect(processExitsWith: .success) { () async throws -> Void in
            #expect(Environment["MILLRACE_TEST"] == nil)
            Environment.set("MILLRACE_TEST", "a=b")
            #expect(Environment["MILLRACE_TEST"] == "a=b")
            #expect(Environment.all["MILLRACE_TEST"] == "a=b")
            Environment.set("MILLRACE_TEST", nil)
            #expect(Environment.all["MILLRACE_TEST"] == nil)
        }
    }
}
