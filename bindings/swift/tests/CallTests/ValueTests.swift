import AgentOnDemand
import Foundation
import Testing

/// Values of JSON and of the wire.
@Suite(.timeLimit(.minutes(10))) struct ValueTests {
    private func again<Value: Codable>(_ value: Value) throws -> Value {
        try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }

    @Test(
        arguments: [
            1.0, -0.0, 1e15, 9.5, 1e300, 9_223_372_036_854_775_807, nil, true, "1", [1, 1.0], ["a": 2.0],
            .unsigned(.max), .unsigned(1 << 63), .unsigned(3), .integer(.min), .integer(.max),
            .number(9_223_372_036_854_775_808),
        ] as [JSONValue])
    func aValueIsReadAsItWasWritten(_ value: JSONValue) throws {
        #expect(try again(value) == value)
        #expect(try again(value).hashValue == value.hashValue)
    }

    @Test func numbersAreEqualByWhatTheyAre() throws {
        #expect(JSONValue.number(1) == .integer(1))
        #expect(JSONValue.unsigned(1) == .integer(1))
        #expect(JSONValue.unsigned(1 << 63) == .number(9_223_372_036_854_775_808))
        #expect(JSONValue.number(1.5) != .integer(1))
        // A Double has no room for the difference, a 64-bit number has.
        #expect(JSONValue.integer(.max) != .number(9_223_372_036_854_775_808))
        #expect(JSONValue.unsigned(.max) != .integer(-1))
        #expect(JSONValue.integer(1) != .bool(true))
        #expect(JSONValue.integer(1) != .string("1"))
        #expect(Set([1, 1.0, .unsigned(1)] as [JSONValue]).count == 1)
        #expect(try JSONValue(parsing: "18446744073709551615").text == "18446744073709551615")
        #expect(JSONValue.number(2).integer == 2)
    }

    private func turn(_ time: String) throws -> SessionTurn {
        let json = #"{"turn_number":1,"prompt":"p","status":"completed","created_at":"\#(time)"}"#
        return try JSONDecoder().decode(SessionTurn.self, from: Data(json.utf8))
    }

    private func written(_ turn: SessionTurn) throws -> String? {
        try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(turn))["created_at"]?.string
    }

    @Test(
        arguments: [
            ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00+00:00"),
            ("2026-03-01T12:00:00+00:00", "2026-03-01T12:00:00+00:00"),
            ("2026-03-01t12:00:00.5z", "2026-03-01T12:00:00.500000+00:00"),
            ("2026-03-01 12:00:00.123456+00:00", "2026-03-01T12:00:00.123456+00:00"),
            ("2024-02-29T23:59:59.999999-05:30", "2024-03-01T05:29:59.999999+00:00"),
            ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00+00:00"),
            ("1999-12-31T23:59:60Z", "2000-01-01T00:00:00+00:00"),
            ("1970-01-01T00:00:00.000001Z", "1970-01-01T00:00:00.000001+00:00"),
        ])
    func timesAreReadAndWritten(_ text: String, expected: String) throws {
        #expect(try written(turn(text)) == expected)
    }

    @Test(
        arguments: [
            "2026-03-01T12:00:00.123456789Z", "2026-03-01T12:00:00.000000001Z", "2026-03-01T12:00:00.999999999Z",
            "2026-03-01T12:00:00.9999995Z", "2026-03-01T12:00:00.123456789123Z", "1969-07-20T20:17:40.123456789Z",
        ])
    func aTimeIsReadAsItWasWritten(_ text: String) throws {
        let read = try turn(text)
        #expect(try again(read) == read)
        #expect(try written(again(read)) == written(read))
    }

    @Test(
        arguments: [
            "", "now", "2026-03-01", "2026-03-01T12:00:00", "2026-13-01T12:00:00Z", "2026-02-29T12:00:00Z",
            "2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z", "2026-03-01T12:00:00.Z", "2026-03-01T12:00:00Z ",
            "2026-03-01T12:00:00+0000", "２026-03-01T12:00:00Z",
        ])
    func whatIsNoTimeIsRefused(_ text: String) throws {
        #expect(throws: DecodingError.self) { try turn(text) }
    }

    @Test func aKnownWordIsItsCaseWhereverItComesFrom() throws {
        #expect(Runtime(word: "claude") == .claude)
        #expect("pip" as PackageManager == .pip)
        #expect(try again(Runtime.unknown("claude")) == .claude)
        #expect(try again([Runtime.unknown("next")]) == [.unknown("next")])
    }
}
