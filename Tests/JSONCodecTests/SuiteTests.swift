import Foundation
import JSONCodec
import TestSupport
import Testing

/// nst/JSONTestSuite.
@Suite(.enabled(if: sharedData("json") != nil, "shared data not there"))
struct SuiteTests {
    private static func files(_ folder: String) -> [(name: String, bytes: [UInt8])] {
        guard let path = sharedData("json/" + folder),
            let names = try? FileManager.default.contentsOfDirectory(atPath: path)
        else { return [] }
        return names.sorted().compactMap { name in
            FileManager.default.contents(atPath: path + "/" + name).map { (name, [UInt8]($0)) }
        }
    }

    /// How many files of the folder the index expects to be judged so.
    private static func indexed(_ folder: String, _ expect: String) throws -> Int {
        let path = try #require(sharedData("json/index.csv"))
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        return lines.count { $0.hasPrefix(folder + "/") && $0.contains(",\(expect),") }
    }

    @Test func everyValidFileIsAccepted() throws {
        let valid = Self.files("test_parsing").filter { $0.name.hasPrefix("y_") }
        #expect(try valid.count == Self.indexed("test_parsing", "accept"))
        for (name, bytes) in valid {
            let verdicts = Verdicts(bytes)
            #expect(verdicts.skip == nil, "\(name)")
            // Names that come twice are valid JSON, but whoever reads members refuses them.
            #expect(verdicts.tree == nil || verdicts.tree?.kind == .duplicateMember, "\(name)")
            #expect((verdicts.tree != nil) == name.hasPrefix("y_object_duplicated_key"), "\(name)")
        }
    }

    @Test func everyInvalidFileIsRefused() throws {
        let invalid = Self.files("test_parsing").filter { $0.name.hasPrefix("n_") }
        #expect(try invalid.count == Self.indexed("test_parsing", "reject"))
        for (name, bytes) in invalid {
            let verdicts = Verdicts(bytes)
            #expect(verdicts.skip != nil, "\(name)")
            #expect(verdicts.tree != nil, "\(name)")
        }
    }

    @Test func aHundredThousandOpenBracketsAreTooDeep() throws {
        let files = Self.files("test_parsing")
        for name in ["n_structure_100000_opening_arrays.json", "n_structure_open_array_object.json"] {
            let bytes = try #require(files.first { $0.name == name }?.bytes)
            let verdicts = Verdicts(bytes)
            #expect(verdicts.skip?.kind == .depth)
            #expect(verdicts.tree?.kind == .depth)
            // Passing over needs no stack, so the bound may be as large as the input: then it is cut short.
            #expect(throws: JSONError.self) { try JSONRaw(validating: bytes, limits: JSONLimits(depth: 1_000_000)) }
        }
    }

    /// The files that may go either way: our way is that half a surrogate pair, and what is not UTF-8, is refused.
    @Test func openQuestionsAreAnsweredAlways() throws {
        let either = Self.files("test_parsing").filter { $0.name.hasPrefix("i_") }
        #expect(try either.count == Self.indexed("test_parsing", "either"))
        for (name, bytes) in either {
            let verdicts = Verdicts(bytes, depth: 512)
            #expect(verdicts.skip?.kind == verdicts.tree?.kind, "\(name)")
            #expect((verdicts.skip == nil) == name.hasPrefix("i_number_"), "\(name)")
        }
    }

    @Test func numbersAndStringsAreTransformedAsPromised() throws {
        let files = Dictionary(uniqueKeysWithValues: Self.files("test_transform").map { ($0.name, $0.bytes) })
        #expect(files.count == 16)
        for (name, bytes) in files {
            let verdicts = Verdicts(bytes)
            switch name {
            case let name where name.hasPrefix("object_same_key"): #expect(verdicts.tree?.kind == .duplicateMember)
            case let name where name.contains("escaped_invalid"): #expect(verdicts.tree?.kind == .syntax)
            case let name where name.contains("invalid_codepoint"): #expect(verdicts.tree?.kind == .encoding)
            default: #expect(verdicts.tree == nil, "\(name)")
            }
        }
        let exact = try JSON.decode([Int64].self, from: try #require(files["number_9223372036854775807.json"]))
        #expect(exact == [.max])
        let beyond = try #require(files["number_9223372036854775808.json"])
        #expect(throws: JSONError.self) { try JSON.decode([Int64].self, from: beyond) }
        #expect(try JSON.decode([UInt64].self, from: beyond) == [9_223_372_036_854_775_808])
        #expect(try JSON.decode([Double].self, from: try #require(files["number_1e-999.json"])) == [0])
        let escapedNull = try JSON.decode([String].self, from: try #require(files["string_with_escaped_NULL.json"]))
        #expect(escapedNull == ["A\u{0}B"])
    }
}
