import Declarations
import Testing

struct ProblemTests {
    @Test func aProblemNamesFileLineColumnAndPath() {
        let place = SourcePlace("/etc/kinds.d/a.yaml", line: 12, column: 5)
        #expect(
            Problem(at: place, path: "kinds[2].nice", "is too much").description
                == "/etc/kinds.d/a.yaml:12:5: kinds[2].nice: is too much")
        #expect(Problem(.warning, at: place, "is odd").description == "/etc/kinds.d/a.yaml:12:5: warning: is odd")
        #expect(Problem(at: SourcePlace("a.yaml"), "is empty").description == "a.yaml: is empty")
    }

    @Test func placesAreOrderedByFileLineAndColumn() {
        let places = [
            SourcePlace("a", line: 1, column: 2), SourcePlace("a", line: 2, column: 1), SourcePlace("b", line: 1),
        ]
        #expect(places.reversed().sorted() == places)
        #expect(places[1].brief == "a:2" && SourcePlace("/x/y.yaml").brief == "y.yaml")
    }
}
