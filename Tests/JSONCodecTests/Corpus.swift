import JSONCodec
import TestSupport

/// Small texts that together hold every form JSON has; the seeds of truncation and mutation.
enum Corpus {
    static let texts: [String] = [
        #"{"jsonrpc":"2.0","id":123,"method":"job.submit","params":{"kind":"payouts","key":"2026-11","payload":{"month":"2026-11","rate":47.25,"hours":152.5,"approved":true,"orders":[1041,1042],"previous":null}}}"#,
        #"{"jsonrpc":"2.0","id":"a-1","error":{"code":-32602,"message":"no \"kind\"","data":{"field":"params.kind"}}}"#,
        #"[0,-0,1,-1,12,0.5,-0.5,1e3,1E+3,1.25e-3,9223372036854775807,-9223372036854775808,18446744073709551615]"#,
        #"["","a","\"","\\","\/","\b\f\n\r\t","\u0000\u001F","\u00e9","\ud83d\ude00","é","漢字","😀","\u2028"]"#,
        #"[true,false,null,[],{},[[]],[{}],{"a":[]},{"a":{}}]"#,
        " \t\r\n{ \"a\" : [ 1 , 2 ] ,\n\t\"b\" : { \"c\" : \"d\" } } \n",
        #"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"n":14,"o":15,"p":16,"q":17,"r":18}"#,
        #"[[[[[[[[[[{"deep":[[[[[[1]]]]]]}]]]]]]]]]]"#,
        #""a string that is longer than the fifteen bytes kept inside a String, and than two machine words""#,
        #"-123456789.000000000000000001"#,
        "null",
        "1",
    ]

    static let bytes: [[UInt8]] = texts.map { Array($0.utf8) }

    /// One to four small changes: a byte replaced, dropped, doubled or put in, or a part of another text.
    static func mutated(using random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes.randomElement(using: &random)!
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where place < bytes.count: bytes[place] = likelyByte(&random)
            case 1 where place < bytes.count: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
            case 2 where place < bytes.count: bytes.remove(at: place)
            case 3 where place < bytes.count: bytes.insert(bytes[place], at: place)
            case 4: bytes.insert(likelyByte(&random), at: place)
            default:
                let other = Self.bytes.randomElement(using: &random)!
                let start = Int.random(in: 0..<other.count, using: &random)
                bytes.insert(contentsOf: other[start..<min(start + 12, other.count)], at: place)
            }
        }
        return bytes
    }

    private static func likelyByte(_ random: inout SeededGenerator) -> UInt8 {
        Array(#"{}[]:,"\/-+.eE0123456789tfnu abdefr"#.utf8).randomElement(using: &random)!
    }
}

/// What each way of reading says to the same bytes.
struct Verdicts {
    var skip: JSONError?
    var tree: JSONError?
    var value: JSONValue?

    init(_ bytes: [UInt8], depth: Int = 64) {
        let limits = JSONLimits(depth: depth)
        do {
            _ = try JSONRaw(validating: bytes, limits: limits)
        } catch {
            skip = error
        }
        do {
            value = try JSON.decode(JSONValue.self, from: bytes, limits: limits)
        } catch {
            tree = error
        }
    }
}
