import TestSupport
import Testing

@testable import Control

struct ParamsFileTests {
    @Test func parametersComeFromAFile() throws {
        let folder = TemporaryDirectory()
        let path = folder.write("{\"month\": \"2026-11\"}\n", to: "params.json")
        #expect(try ParamsSource(option: "--params").read("@" + path).text == "{\"month\": \"2026-11\"}")
    }
}
