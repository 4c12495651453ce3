import Testing

@testable import Linux

struct NearMissTests {
    @Test(arguments: [
        ("Wrokers", "Workers"), ("worker", "Workers"), ("Workres", "Workers"), ("lease-sec", "LeaseSec"),
        ("Mod", "Mode"),
    ])
    func aNearNameIsFound(word: String, meant: String) {
        #expect(NearMiss.nearest(word, among: ["Workers", "LeaseSec", "Mode"]) == meant)
    }

    @Test(arguments: ["", "x", "Xyzzy", "Servers", "Lease"])
    func aFarNameIsNot(word: String) {
        #expect(NearMiss.nearest(word, among: ["Workers", "LeaseSec", "Mode"]) == nil)
    }

    @Test func neighboursSwappedAreOneStep() {
        #expect(NearMiss.distance(Array("ab"), Array("ba")) == 1)
        #expect(NearMiss.distance(Array(""), Array("abc")) == 3)
        #expect(NearMiss.distance(Array("abc"), Array("")) == 3)
        #expect(NearMiss.distance(Array("kitten"), Array("sitting")) == 3)
    }
}
