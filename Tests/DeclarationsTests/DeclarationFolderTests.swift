import Declarations
import Glibc
import TestSupport
import Testing

struct DeclarationFolderTests {
    private let folder = TemporaryDirectory()

    private func roots(mayBeAbsent: Bool = false, at path: String? = nil) -> (files: [String], problems: [String]) {
        let problems = ProblemList()
        var files: [String] = []
        DeclarationFolder(path ?? folder.path).read(mayBeAbsent: mayBeAbsent, into: problems) { root in
            files.append(root.place.brief)
        }
        return (files, problems.all.map(\.description))
    }

    @Test func filesAreReadByNameAndOthersAreNotLookedAt() {
        for name in ["b.yaml", "a.yml", "10.yaml", ".hidden.yaml", "c.yaml~", "readme.md", "d.yaml.disabled"] {
            folder.write("a: 1\n", to: name)
        }
        folder.write("# nothing\n", to: "empty.yaml")
        let (files, problems) = roots()
        #expect(files == ["10.yaml:1", "a.yml:1", "b.yaml:1"] && problems == [])
    }

    @Test func whatCannotBeReadIsToldAndTheOthersAreRead() {
        folder.write("a: 1\n", to: "z.yaml")
        folder.write("a: [\n", to: "broken.yaml")
        folder.write([UInt8](repeating: 0x20, count: (1 << 20) + 1), to: "large.yaml")
        symlink("/nowhere/at/all", folder.file("link.yaml"))
        mkfifo(folder.file("pipe.yaml"), 0o600)
        mkdir(folder.file("sub.yaml"), 0o700)
        chmod(folder.write("a: 1\n", to: "open.yaml"), 0o666)
        let (files, problems) = roots()
        #expect(files == ["z.yaml:1"])
        #expect(problems.count == 6)
        for (problem, words) in zip(
            problems,
            [
                "broken.yaml:2:1: this is no YAML", "large.yaml: the file is larger than 1 MiB",
                "link.yaml: the file cannot be read: stat", "open.yaml: everybody may write this",
                "pipe.yaml: this is no regular file", "sub.yaml: this is no regular file",
            ])
        {
            #expect(problem.contains(words), "\(problem)")
        }
    }

    @Test func aLinkToAFileIsRead() {
        let elsewhere = TemporaryDirectory()
        symlink(elsewhere.write("a: 1\n", to: "real"), folder.file("link.yaml"))
        #expect(roots().files == ["link.yaml:1"])
    }

    @Test func aFolderThatIsNotThereIsAProblemUnlessItMayBe() {
        let path = folder.file("none")
        #expect(roots(at: path).problems.count == 1)
        #expect(roots(mayBeAbsent: true, at: path).problems == [])
        folder.write("", to: "file")
        #expect(roots(mayBeAbsent: true, at: folder.file("file")).problems.count == 1)
    }

    @Test func aFolderThatEverybodyMayWriteIsNotRead() {
        folder.write("a: 1\n", to: "a.yaml")
        chmod(folder.path, 0o777)
        let (files, problems) = roots()
        #expect(files == [] && problems.count == 1 && problems[0].contains("chmod o-w"))
    }

    @Test func thousandFilesAreReadAndTheRestIsTold() {
        for index in 0...1000 { folder.write("a: 1\n", to: "\(10_000 + index).yaml") }
        let (files, problems) = roots()
        #expect(files.count == 1000 && files.last == "10999.yaml:1")
        #expect(problems.count == 1 && problems[0].contains("holds 1001 files"))
    }

    @Test func sixteenMebibytesAreReadAndTheRestIsTold() {
        let file = Array("a: 1\n".utf8) + [UInt8](repeating: 0x0A, count: (1 << 20) - 5)
        for index in 0..<18 { folder.write(file, to: "\(10 + index).yaml") }
        let (files, problems) = roots()
        #expect(files.count == 16 && problems.count == 1 && problems[0].contains("26.yaml: the files of the folder"))
    }

    @Test func aNameThatTwoFilesDeclareIsToldWithBothPlaces() {
        folder.write("# c\n\nname: x\n", to: "a.yaml")
        folder.write("name: x\n", to: "b.yaml")
        let problems = ProblemList()
        var names = DeclaredNames("kind")
        DeclarationFolder(folder.path).read(into: problems) { root in
            _ = root.fields { fields in
                if let value = fields["name"], let name = value.text() { _ = names.claim(name, by: value) }
            }
        }
        #expect(
            problems.all.map(\.description) == [
                "\(folder.path)/b.yaml:1:7: name: kind x is declared in a.yaml:3 and again in b.yaml:1; "
                    + "remove one of them"
            ])
        #expect(
            names.place(of: "x")?.line == 3 && names.contains("x") && names.hint("unlike").isEmpty
                && !names.hint("y").isEmpty)
    }
}
