import Testing

@testable import Linux

struct SystemUserTests {
    @Test func rootIsFoundByNameAndByNumberAndAnUnknownOneIsNone() {
        #expect(SystemUser.named("root") == SystemUser.with(id: 0))
        #expect(SystemUser.named("root")?.id == 0 && SystemUser.named("root")?.group == 0)
        #expect(SystemUser.named("no-such-user-here") == nil)
        #expect(SystemUser.with(id: 4_000_000_001) == nil)
    }

    @Test func theFileOfUsersIsReadLineByLine() {
        let text = "root:x:0:0:root:/root:/bin/sh\nbroken\nodd:x:one:2:::\nshort:x:5:5\nmill:x:990:991:,:/srv/mill:\n"
        let mill = SystemUser(name: "mill", id: 990, group: 991, home: "/srv/mill")
        #expect(SystemUser.find(inFile: text) { $0.name == "mill" } == mill)
        #expect(SystemUser.find(inFile: text) { $0.id == 990 } == mill)
        #expect(SystemUser.find(inFile: text) { $0.name == "odd" || $0.name == "short" } == nil)
    }

    @Test func theNameServiceIsAskedForUsersByTheirOwnLine() {
        let text = "passwd: files ldap\ngroup: files systemd\n"
        #expect(!SystemGroup.isNameServiceLocal(text, database: "passwd:"))
        #expect(SystemGroup.isNameServiceLocal(text))
    }
}
