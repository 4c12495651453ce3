import Testing

@testable import Linux

struct SystemGroupTests {
    @Test func rootIsGroupZeroAndAnUnknownNameIsNone() {
        #expect(SystemGroup.id(named: "root") == 0)
        #expect(SystemGroup.id(named: "no-such-group-here") == nil)
    }

    @Test func theFileOfGroupsIsReadLineByLine() {
        let text = "root:x:0:\nmill:x:990:ada,bob\nbroken\nodd:x:none:\nmillrace:x:991:\n"
        #expect(SystemGroup.id(named: "mill", inFile: text) == 990)
        #expect(SystemGroup.id(named: "millrace", inFile: text) == 991)
        #expect(SystemGroup.id(named: "odd", inFile: text) == nil)
        #expect(SystemGroup.id(named: "", inFile: text) == nil)
    }

    @Test(arguments: [
        ("group: files systemd\n", true), ("passwd: ldap\ngroup:\tfiles # ldap\n", true),
        ("group: files ldap\n", false), ("group: files [SUCCESS=merge] systemd\n", false), ("", false),
    ])
    func theNameServiceIsAskedWhereItKnowsMore(text: String, isLocal: Bool) {
        #expect(SystemGroup.isNameServiceLocal(text) == isLocal)
    }
}
