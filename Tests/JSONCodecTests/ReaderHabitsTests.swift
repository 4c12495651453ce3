import JSONCodec
import Testing

/// What a type that reads itself may rely on.
struct ReaderHabitsTests {
    @Test func kindsAreToldWithoutReading() throws {
        let kinds: [JSONKind] = [.object, .array, .string, .number, .number, .bool, .bool, .null]
        var json = try JSONReader(Array(#"[{},[],"",0,-1,true,false,null]"#.utf8).span)
        var seen: [JSONKind] = []
        try json.array { json throws(JSONError) in
            let before = try json.kind()
            seen.append(try json.kind())
            #expect(before == seen.last)
            try json.skip()
        }
        #expect(seen == kinds)
        #expect(throws: JSONError(.syntax, offset: 1, "the text ends where a value should stand")) {
            var empty = try JSONReader(Array(" ".utf8).span)
            _ = try empty.kind()
        }
    }

    @Test func aValueLeftAloneIsCheckedAndPassedOver() throws {
        var names: [String] = []
        var json = try JSONReader(Array(#" { "a" : [1, {"x":2}] , "b":"c" , "d" :null} "#.utf8).span)
        try json.object { name, _ in names.append(name) }
        try json.finish()
        #expect(names == ["a", "b", "d"])

        var count = 0
        var list = try JSONReader(Array(#"[1,[2],{"a":3}]"#.utf8).span)
        try list.array { _ in count += 1 }
        try list.finish()
        #expect(count == 3)

        #expect(throws: JSONError(.syntax, offset: 6, path: "a", "expected a value")) {
            var bad = try JSONReader(Array(#"{"a":[}"#.utf8).span)
            try bad.object { _, _ in }
        }
    }

    @Test func aFailedReadLeavesTheReaderWhereItWas() throws {
        let bytes = Array(#"{"list":[{"n":1},{"n":"two"},3],"after":true}"#.utf8)
        var strict = 0
        var after = false
        var json = try JSONReader(bytes.span)
        try json.object { name, json throws(JSONError) in
            if name == "after" { after = try json.bool() }
            guard name == "list" else { return }
            let start = json.offset
            do throws(JSONError) {
                _ = try json.value([[String: Int]].self)
                Issue.record("the list is not of that form")
            } catch {
                #expect(error.path == "[1].n")
                #expect(json.offset == start)
            }
            try json.array { json throws(JSONError) in
                if (try? json.value([String: Int].self)) != nil { strict += 1 } else { try json.skip() }
            }
        }
        try json.finish()
        #expect(strict == 1)
        #expect(after)
    }

    @Test func failedReadsDoNotWearTheDepthOut() throws {
        var json = try JSONReader(Array(#"[{"a":[1]}]"#.utf8).span, limits: JSONLimits(depth: 3))
        for _ in 0..<10 {
            #expect(throws: JSONError.self) { _ = try json.value([Int].self) }
            #expect(throws: JSONError.self) { _ = try json.value([[String: Int]].self) }
        }
        #expect(try json.value([[String: [Int]]].self) == [["a": [1]]])
    }

    @Test func scalarsThatFailAreStillThere() throws {
        var json = try JSONReader(Array("300".utf8).span)
        #expect(throws: JSONError.self) { _ = try json.string() }
        #expect(throws: JSONError.self) { _ = try json.bool() }
        #expect(try json.null() == false)
        #expect(throws: JSONError.self) { try json.object { _, _ in } }
        #expect(throws: JSONError.self) { try json.array { _ in } }
        #expect(try json.int() == 300)
        try json.finish()
        #expect(throws: JSONError(.syntax, offset: 3, "the text ends where a value should stand")) {
            _ = try json.int()
        }
    }

    @Test func narrowIntegersThatDoNotFitAreStillThere() throws {
        let bytes = Array("-5000000000".utf8)
        var json = try JSONReader(bytes.span)
        #expect(throws: JSONError.self) { _ = try json.value(Int32.self) }
        #expect(throws: JSONError.self) { _ = try json.value(UInt32.self) }
        #expect(try json.int64() == -5_000_000_000)
    }

    @Test func takingTwoValuesWhereThereIsOneIsAnError() throws {
        #expect(throws: JSONError.self) {
            var json = try JSONReader(Array("[1,2]".utf8).span)
            try json.array { json throws(JSONError) in
                _ = try json.int()
                _ = try json.int()
            }
        }
    }

    @Test func rangesAndRawBytesAreTheValueWithoutItsSpace() throws {
        let text = #" { "params" :  {"a" : [ 1 ]}  , "n" : -1.50 } "#
        let bytes = Array(text.utf8)
        var pieces: [String] = []
        var raws: [JSONRaw] = []
        var json = try JSONReader(bytes.span)
        try json.object { _, json throws(JSONError) in
            let range = try json.rawRange()
            pieces.append(String(decoding: bytes[range], as: UTF8.self))
        }
        var again = try JSONReader(bytes.span)
        try again.object { _, json throws(JSONError) in raws.append(try json.raw()) }
        #expect(pieces == [#"{"a" : [ 1 ]}"#, "-1.50"])
        #expect(raws.map(\.text) == pieces)
        #expect(try JSONRaw(validating: Array(" null\n".utf8)) == .null)
        #expect(try raws[0].decode([String: [Int]].self) == ["a": [1]])
        #expect(throws: JSONError.self) { try JSONRaw(validating: Array("{} {}".utf8)) }
        #expect(throws: JSONError.self) { try JSONRaw(validating: []) }
    }

    @Test func nullsAreTakenOnlyWhereTheyStand() throws {
        #expect(try JSON.decode([Int?].self, from: "[1,null,3]") == [1, nil, 3])
        #expect(throws: JSONError.self) { try JSON.decode([Int?].self, from: "[nul]") }
        #expect(throws: JSONError.self) { try JSON.decode([Int?].self, from: "[nulls]") }
        #expect(throws: JSONError.self) { try JSON.decode([Int].self, from: "[null]") }
    }

    @Test func slicesAndTextsAreReadLikeArrays() throws {
        let bytes = Array("xx[1,2]yy".utf8)
        #expect(try JSON.decode([Int].self, from: bytes[2..<7]) == [1, 2])
        #expect(try JSON.decode([Int].self, from: "[1,2]") == [1, 2])
        #expect(throws: JSONError(.trailing, offset: 5, "something follows the value")) {
            try JSON.decode([Int].self, from: bytes[2..<8])
        }
    }

    @Test func dictionariesRefuseNamesThatSwiftHoldsEqual() {
        #expect(throws: JSONError.self) { try JSON.decode([String: Int].self, from: #"{"é":1,"e\u0301":2}"#) }
    }
}
