import Linux
import Testing

struct NameRuleTests {
    @Test(arguments: ["a", "0", "sync-schedule", "a.b_c-1", String(repeating: "x", count: 100)])
    func names(text: String) { #expect(NameRule.isName(text)) }

    @Test(arguments: ["", "A", "a b", "ä", "a/b", "a\u{0}", String(repeating: "x", count: 101)])
    func noNames(text: String) { #expect(!NameRule.isName(text)) }

    @Test(arguments: ["t", "Slack_TOKEN", "a.b-c", String(repeating: "x", count: 255)])
    func secrets(text: String) { #expect(NameRule.isSecret(text)) }

    @Test(arguments: ["", ".hidden", "..", "a/b", "a b", "ü", String(repeating: "x", count: 256)])
    func noSecrets(text: String) { #expect(!NameRule.isSecret(text)) }

    /// All signs of `tchar` in RFC 9110, 5.6.2, and all that surround them in ASCII.
    @Test func tokens() {
        let allowed = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for byte in UInt8(0)..<128 {
            #expect(NameRule.isToken(String(Unicode.Scalar(byte))) == allowed.contains(byte), "\(byte)")
        }
        #expect(!NameRule.isToken("") && !NameRule.isToken("é") && NameRule.isToken("X-Api-Key"))
    }
}
