import JSONCodec
import Testing

struct ReaderStructureTests {
    /// Reads what a type of this suite reads, strictly.
    struct Policy: JSONDecodable, Equatable {
        var attempts: Int
        var delays: [Int] = []

        init(from json: inout JSONReader) throws(JSONError) {
            var attempts: Int?
            var delays: [Int] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "attempts": attempts = try json.int()
                case "delays": delays = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.attempts = try json.require(attempts, "attempts")
            self.delays = delays
            if self.attempts < 1 { throw json.invalid("attempts must be at least 1") }
        }
    }

    struct Submit: JSONDecodable {
        var policy: Policy?
        var jobs: [Policy] = []

        init(from json: inout JSONReader) throws(JSONError) {
            var submit = (policy: Policy?.none, jobs: [Policy]())
            try json.object { key, json throws(JSONError) in
                switch key {
                case "policy": submit.policy = try json.value()
                case "jobs": submit.jobs = try json.value()
                case "nested": try json.array { json throws(JSONError) in _ = try json.value([Policy].self) }
                default: try json.unknownMember(key)
                }
            }
            (policy, jobs) = submit
        }
    }

    private func refusal(_ json: String) -> JSONError? {
        do {
            _ = try JSON.decode(Submit.self, from: json)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        (#"{"policy":{"attempts":"3"}}"#, "policy.attempts", 22, JSONError.Kind.wrongType(expected: "integer")),
        (#"{"policy":{"attempts":3.5}}"#, "policy.attempts", 22, .wrongType(expected: "integer")),
        (#"{"policy":{"attempts":99999999999999999999}}"#, "policy.attempts", 22, .outOfRange),
        (#"{"policy":{}}"#, "policy.attempts", 12, .missingMember),
        (#"{"policy":{"attempts":0}}"#, "policy", 24, .invalid),
        (#"{"policy":{"attempts":1,"x":1}}"#, "policy.x", 28, .unknownMember),
        (
            #"{"jobs":[{"attempts":1},{"attempts":1,"delays":[1,2,true]}]}"#, "jobs[1].delays[2]", 52,
            .wrongType(expected: "integer")
        ),
        (
            #"{"nested":[[],[{"attempts":1},{"attempts":null}]]}"#, "nested[1][1].attempts", 42,
            .wrongType(expected: "integer")
        ),
        (#"{"jobs":{}}"#, "jobs", 8, .wrongType(expected: "array")),
        (#"{"policy":[]}"#, "policy", 10, .wrongType(expected: "object")),
        (#"[]"#, "", 0, .wrongType(expected: "object")),
        (#"{"policy":{"attempts":1,"attempts":2}}"#, "policy.attempts", 24, .duplicateMember),
        (#"{"policy":{"attempts":tru}}"#, "policy.attempts", 22, .wrongType(expected: "integer")),
        (#"{"policy":{"attempts":x}}"#, "policy.attempts", 22, .syntax),
        (#"{"policy":{"attempts":1} "jobs":[]}"#, "", 25, .syntax),
        (#"{"jobs":[{"attempts":1} {"attempts":1}]}"#, "jobs", 24, .syntax),
        (#"{"jobs":[{"attempts":1}"#, "jobs", 23, .syntax),
        (#"{} {}"#, "", 3, .trailing),
    ])
    func errorsNameTheValueAndTheByte(_ json: String, _ path: String, _ offset: Int, _ kind: JSONError.Kind) throws {
        let error = try #require(refusal(json))
        #expect(error.path == path)
        #expect(error.offset == offset)
        #expect(error.kind == kind)
    }

    @Test func errorsReadWell() {
        #expect(refusal(#"{"policy":{}}"#)?.description == "policy.attempts: the member is missing at byte 12")
        #expect(refusal("{}x")?.description == "something follows the value at byte 2")
        #expect(
            refusal(#"{"jobs":[{"attempts":[]}]}"#)?.description
                == "jobs[0].attempts: expected integer, found array at byte 21")
        #expect(refusal("")?.description == "the text ends where a value should stand at byte 0")
    }

    @Test func errorsCanBePlacedInTheWholeText() {
        let error = JSONError(.invalid, offset: 3, path: "[2]", "no")
        #expect(error.inside(member: "params").path == "params[2]")
        #expect(error.inside(member: "a").inside(index: 7).path == "[7].a[2]")
    }

    // MARK: Names that come twice

    @Test(arguments: [1, 2, 15, 16, 17, 18, 40])
    func aNameThatComesTwiceIsRefusedHoweverManyThereAre(_ count: Int) throws {
        let names = (0..<count).map { "name\($0)" }
        for twice in Set([0, count / 2, count - 1]) {
            let members = (names + [names[twice]]).map { "\"\($0)\":null" }.joined(separator: ",")
            let error = try #require(Verdicts(Array("{\(members)}".utf8)).tree)
            #expect(error.kind == .duplicateMember)
            #expect(error.path == names[twice])
        }
        let once = names.map { "\"\($0)\":null" }.joined(separator: ",")
        #expect(Verdicts(Array("{\(once)}".utf8)).tree == nil)
    }

    @Test(arguments: [
        (#"{"a":1,"\u0061":2}"#, true), (#"{"\u0061":1,"a":2}"#, true), (#"{"\u0061":1,"\u0061":2}"#, true),
        (#"{"":1,"":2}"#, true), (#"{"é":1,"\u00e9":2}"#, true),
        // Canonically equivalent, but other bytes: other names.
        (#"{"é":1,"e\u0301":2}"#, false), (#"{"\u212B":1,"\u00C5":2}"#, false), (#"{"\u212A":1,"K":2}"#, false),
        (#"{"a":1,"A":2}"#, false), (#"{"a":1,"a ":2}"#, false), (#"{"a":{"a":1},"b":{"a":1}}"#, false),
        (#"{"12345678":1,"1234567":2,"123456789":3,"12345678x12345678":4,"12345678y12345678":5}"#, false),
        (#"{"abc":1,"axc":2,"abcd":3,"abcde":4,"ab":5,"b":6}"#, false),
    ])
    func namesAreComparedByTheirBytes(_ json: String, _ twice: Bool) {
        #expect((Verdicts(Array(json.utf8)).tree?.kind == .duplicateMember) == twice)
        #expect(Verdicts(Array(json.utf8)).skip == nil)
    }

    @Test func manyNamesWithTheSameEndsAreToldApart() {
        let names = (0..<5_000).map { "commonpr\($0)commonsu" }
        let members = names.map { "\"\($0)\":null" }.joined(separator: ",")
        #expect(Verdicts(Array("{\(members)}".utf8)).tree == nil)
        #expect(Verdicts(Array("{\(members),\"\(names[3])\":1}".utf8)).tree?.path == names[3])
    }

    // MARK: Depth

    @Test(arguments: [1, 2, 63, 64, 65, 127, 128, 129, 200])
    func depthIsBoundedExactly(_ limit: Int) {
        for (opening, inner, closing) in [
            ("[", "", "]"), ("[", "1", "]"), (#"{"a":"#, "{}", "}"), (#"[{"a":"#, "1", "}]"),
        ] {
            let step = opening.hasPrefix("[{") ? 2 : 1
            let own = inner == "{}" ? 1 : 0
            func text(_ levels: Int) -> [UInt8] {
                let count = (levels - own) / step
                let opened = String(repeating: opening, count: count)
                let closed = String(repeating: closing, count: count)
                return Array((opened + inner + closed).utf8)
            }
            let fits = limit - (limit - own) % step
            if fits > own {
                #expect(Verdicts(text(fits), depth: limit).skip == nil, "\(fits) levels of \(opening)")
                #expect(Verdicts(text(fits), depth: limit).tree == nil, "\(fits) levels of \(opening)")
            }
            let verdicts = Verdicts(text(fits + step), depth: limit)
            #expect(verdicts.skip?.kind == .depth)
            #expect(verdicts.tree?.kind == .depth)
            #expect(verdicts.skip?.offset == verdicts.tree?.offset)
        }
    }

    @Test func passingOverCountsTheLevelsAroundIt() throws {
        let bytes = Array(#"{"a":[[]]}"#.utf8)
        func read(_ depth: Int) throws(JSONError) -> Range<Int>? {
            var range: Range<Int>?
            var json = try JSONReader(bytes.span, limits: JSONLimits(depth: depth))
            try json.object { _, json throws(JSONError) in range = try json.rawRange() }
            return range
        }
        #expect(try read(3) == 5..<9)
        #expect(throws: JSONError(.depth, offset: 6, path: "a", "nested deeper than 2 levels")) { try read(2) }
    }

    @Test func passingOverNeedsNoStack() {
        let depth = 1_000_000
        let bytes = [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth)
        #expect(throws: Never.self) { try JSONRaw(validating: bytes, limits: JSONLimits(depth: depth)) }
        #expect(throws: JSONError.self) { try JSONRaw(validating: bytes, limits: JSONLimits(depth: depth - 1)) }
    }
}
