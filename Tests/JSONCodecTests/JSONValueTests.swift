import Foundation
import JSONCodec
import Testing

struct JSONValueTests {
    static let sample: JSONValue = [
        "id": 7, "name": "a\n\"b\"", "done": false, "none": nil, "list": [1, "two", [3]], "empty": [], "object": [:],
        "jobs": [["kind": "x"], ["kind": "y"]],
    ]

    @Test func partsAreFoundByNameAndIndex() {
        let value = Self.sample
        #expect(value["id"]?.intValue == 7)
        #expect(value["name"]?.stringValue == "a\n\"b\"")
        #expect(value["done"]?.boolValue == false)
        #expect(value["none"]?.isNull == true)
        #expect(value["jobs"]?[1]?["kind"]?.stringValue == "y")
        #expect(value["list"]?.elements?.count == 3)
        #expect(value["jobs"]?[2] == nil)
        #expect(value["jobs"]?[-1] == nil)
        #expect(value["missing"] == nil)
        #expect(value[0] == nil)
        #expect(value["id"]?["x"] == nil)
        #expect(JSONValue.number("1e2").intValue == nil)
        #expect(JSONValue.number("1e2").doubleValue == 100)
        #expect(JSONValue.string("1").intValue == nil)
    }

    @Test(arguments: Corpus.texts.filter { !$0.contains("\n") && !$0.contains("\\u") && !$0.contains("\\/") })
    func compactTextsSurviveUnchanged(_ text: String) throws {
        let value = try JSON.decode(JSONValue.self, from: text)
        #expect(JSON.text(value) == text)
    }

    @Test func prettyIsForPeopleAndStillJSON() throws {
        let expected = #"""
            {
              "id": 7,
              "name": "a\n\"b\"",
              "done": false,
              "none": null,
              "list": [
                1,
                "two",
                [3]
              ],
              "empty": [],
              "object": {},
              "jobs": [
                {
                  "kind": "x"
                },
                {
                  "kind": "y"
                }
              ]
            }
            """#
        #expect(Self.sample.pretty() == expected)
        #expect(try JSON.decode(JSONValue.self, from: Self.sample.pretty(indent: 4)) == Self.sample)
        #expect(JSONValue.array([1, 2, 3]).pretty() == "[1, 2, 3]")
        #expect(JSONValue.string("x").pretty() == "\"x\"")
        let long = JSONValue.array((0..<40).map { .number("\($0)") })
        #expect(long.pretty().split(separator: "\n").count == 42)
    }

    @Test(arguments: Corpus.texts)
    func foundationSeesTheSameValues(_ text: String) throws {
        let value = try JSON.decode(JSONValue.self, from: text)
        let ours = try JSONSerialization.jsonObject(with: Data(JSON.encode(value)), options: .fragmentsAllowed)
        let theirs = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        #expect((ours as? NSObject) == (theirs as? NSObject))
        #expect(ours is NSObject)
    }
}
