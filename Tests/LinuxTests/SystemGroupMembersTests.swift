import Testing

@testable import Linux

@Suite struct SystemGroupMembersTests {
    @Test func aUserIsInTheGroupsThatNameHim() {
        let text =
            "root:x:0:\nmill:x:990:ada,bob\nbroken\nodd:x:none:ada\nwheel:x:10:ada\nadas:x:11:adas\n"
        #expect(SystemGroup.ids(ofMember: "ada", inFile: text) == [990, 10])
        #expect(SystemGroup.ids(ofMember: "bob", inFile: text) == [990])
        #expect(SystemGroup.ids(ofMember: "", inFile: text) == [])
    }

    @Test func aUserNobodyKnowsIsInNone() {
        #expect(SystemGroup.ids(ofMember: "no-such-user-here") == [])
    }
}
