import DatasetFiles
import JSONCodec
import Testing

struct JSONPointerTests {
    /// The document and the pointers of RFC 6901, section 5.
    static let document = """
        {"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8}
        """

    @Test(arguments: [
        ("/foo", "[\"bar\",\"baz\"]"), ("/foo/0", "\"bar\""), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"), ("/e^f", "3"),
        ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"), ("/ ", "7"), ("/m~0n", "8"),
    ])
    func pointersOfTheStandardFindWhatItSays(pointer: String, value: String) throws {
        let document = try JSON.decode(JSONValue.self, from: Self.document)
        let pointer = try #require(JSONPointer(pointer))
        #expect(pointer.find(in: document).map { JSON.text($0) } == value)
    }

    @Test(arguments: ["/foo/2", "/foo/-", "/foo/00", "/foo/+1", "/bar", "/foo/0/x"])
    func whatIsNotThereIsNotFound(pointer: String) throws {
        let document = try JSON.decode(JSONValue.self, from: Self.document)
        #expect(try #require(JSONPointer(pointer)).find(in: document) == nil)
    }

    @Test(arguments: ["foo", "/a~", "/a~2"]) func whatIsNoPointerIsNone(text: String) {
        #expect(JSONPointer(text) == nil)
    }

    @Test(arguments: ["", "/", "/a~1b/~01/0"]) func aPointerIsWrittenAsItWasRead(text: String) {
        #expect(JSONPointer(text)?.description == text)
    }
}
