import Testing
import WebClient

@Suite struct AddressesOfTheWeb {
    @Test(arguments: [
        ("http://example.org", "http://example.org", "/"),
        ("HTTPS://Example.ORG:443/a/b?c=d&e", "https://example.org", "/a/b?c=d&e"),
        ("https://example.org:8443?x", "https://example.org:8443", "/?x"),
        ("http://[::1]:8080/a%2Fb#part", "http://[::1]:8080", "/a%2Fb"),
        ("http://127.0.0.1:80/", "http://127.0.0.1", "/"),
    ])
    func areTakenApart(text: String, origin: String, target: String) throws {
        let url = try WebURL(text)
        #expect(url.origin == origin)
        #expect(url.target == target)
        #expect(url.text == origin + target)
    }

    @Test(arguments: [
        "", "example.org", "ftp://example.org", "file:///etc/passwd", "http+unix://%2Ftmp%2Fx/", "http:///x", "http://",
        "http://user@example.org/", "http://user:word@example.org/", "http://a b/", "http://example.org/a b",
        "http://example.org:0/", "http://example.org:65536/", "http://example.org:x/", "http://example.org:+1/",
        "http://exämple.org/", "http://example.org/ä", "http://example.org/%2", "http://example.org/%zz",
        "http://example.org\\@evil.org/", "http://example.org/\r\nX: y", "http://[::1/", "http://[]/", "http://[::1]x/",
        "http://example.org/\"", "http://example.org/{id}",
        "http://example.org/" + String(repeating: "a", count: WebURL.longest),
    ])
    func thatCouldBeReadInTwoWaysAreRefused(text: String) {
        let error = #expect(throws: WebError.self) { try WebURL(text) }
        #expect(error?.rpcError.status == .invalidArgument)
    }

    @Test func doNotTellTheirPathWhenPrinted() throws {
        #expect("\(try WebURL("https://example.org/secret?key=word"))" == "https://example.org")
    }

    @Test func anErrorDoesNotRepeatThem() {
        let error = #expect(throws: WebError.self) { try WebURL("https://me:hunter2@example.org/") }
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func textWithinThemIsEscapedButForTheUnreservedSigns() {
        #expect(WebURL.escaped("aZ09-._~") == "aZ09-._~")
        #expect(WebURL.escaped("a b/&=?%+ü\n") == "a%20b%2F%26%3D%3F%25%2B%C3%BC%0A")
    }
}
