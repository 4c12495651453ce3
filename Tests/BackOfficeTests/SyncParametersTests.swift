import BackOffice
import JSONCodec
import Testing

@Suite struct SyncParametersTests {
    @Test func everyParameterIsRead() throws {
        let all = try JSON.decode(
            SyncParameters.self,
            from: """
                {"month":"2025-01","contractor":" an ","project":"kafi","force":true,"batch":15,"updateHoursOnly":true}
                """)
        #expect(
            all
                == SyncParameters(
                    month: .january, contractor: "an", project: "kafi", force: true, batch: 15, updateHoursOnly: true))
        let asBefore = try JSON.decode(
            SyncParameters.self, from: #"{"month":"2025-01","update_hours_only":true}"#)
        #expect(asBefore == SyncParameters(month: .january, updateHoursOnly: true))
        let few = try JSON.decode(
            SyncParameters.self, from: #"{"month":"2025-01","contractor":"  ","project":"","batch":null}"#)
        #expect(few == SyncParameters(month: .january))
    }

    @Test(arguments: [
        (#"{}"#, "month"), (#"{"month":""}"#, "month"), (#"{"month":"2025-13"}"#, "month"),
        (#"{"month":"2025-1"}"#, "month"), (#"{"month":202501}"#, "month"), (#"{"month":null}"#, "month"),
        (#"{"month":"2025-01","batch":2}"#, "batch"), (#"{"month":"2025-01","batch":"15"}"#, "batch"),
        (#"{"month":"2025-01","batch":0}"#, "batch"), (#"{"month":"2025-01","force":"yes"}"#, "force"),
        (#"{"month":"2025-01","contractor":7}"#, "contractor"),
        (#"{"month":"2025-01","update_hours_only":true,"updateHoursOnly":true}"#, "updateHoursOnly"),
        (#"{"month":"2025-01","update__hours_only":true}"#, "update__hours_only"),
        (#"{"month":"2025-01","update_hours_only":1}"#, "update_hours_only"),
    ])
    func aWrongParameterIsNamed(text: String, field: String) throws {
        let error = try #require(throws: JSONError.self) { try JSON.decode(SyncParameters.self, from: text) }
        #expect(error.path == field)
    }

    @Test func thePreparationTakesMonthAndContractor() throws {
        #expect(try JSON.decode(InitParameters.self, from: "{}") == InitParameters())
        #expect(
            try JSON.decode(InitParameters.self, from: #"{"month":"2025-01","contractor":" ada"}"#)
                == InitParameters(month: .january, contractor: "ada"))
        let error = try #require(throws: JSONError.self) {
            try JSON.decode(InitParameters.self, from: #"{"month":"next"}"#)
        }
        #expect(error.path == "month")
    }
}
