import AgentOnDemand
import Foundation
import Testing

/// JSON values, timestamps and enum values.
@Suite(.timeLimit(.minutes(10))) struct ValueTests {
    private func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
        try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }

    @Test(
        arguments: [
            1.0, -0.0, 1e15, 9.5, 1e300, 9_223_372_036_854_775_807, nil, true, "1", [1, 1.0], ["a": 2.0],
            .unsigned(.max), .unsigned(1 << 63), .unsigned(3), .integer(.min), .integer(.max),
            .number(9_223_372_036_854_775_808),
        ] as [JSONValue])
    func aValueRoundTrips(_ value: JSONValue) throws {
        #expect(try roundTrip(value) == value)
        #expect(try roundTrip(value).hashValue == value.hashValue)
    }

    @Test(
        arguments: [
            "null", " true ", "false", "0", "-0", "-12", "1.50", "1e3", "1E-3", "-2.5e+2", "9223372036854775808",
            "18446744073709551616", #""""#, #""a\"\\\/\b\f\n\r\t\u00e9\ud83e\udd80🦀 日本語""#, "[]", "{}",
            "\t[1, [2,{}], \r\n null ]", #"{"a": {"b" : [ "c" ]}, "": 1, "\u0041":2}"#,
            String(repeating: "[", count: 500) + String(repeating: "]", count: 500),
        ])
    func aValueIsParsedAsByFoundation(text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(try value == JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)))
        #expect(try JSONValue(parsing: value.text) == value)
    }

    @Test(
        arguments: [
            "", " ", "nul", "truex", "01", "-", "+1", "1.", ".5", "1e", "1e999", "0x1", "NaN", "[", "[1", "[1,]",
            "[,1]",
            "[1 2]", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}", "{1:2}", "]", "1 2", #"""#, #""\"#, #""\x""#,
            #""\u12""#, #""\u12g4""#, #""\ud83e""#, #""\ud83e\u0041""#, #""\udd80""#, "\"\n\"", "'a'",
            String(repeating: "[", count: 100_000),
        ])
    func invalidTextIsRefused(text: String) {
        #expect(throws: DecodingError.self) { try JSONValue(parsing: text) }
    }

    @Test func numbersAreEqualByValue() throws {
        #expect(JSONValue.number(1) == .integer(1))
        #expect(JSONValue.unsigned(1) == .integer(1))
        #expect(JSONValue.unsigned(1 << 63) == .number(9_223_372_036_854_775_808))
        #expect(JSONValue.number(1.5) != .integer(1))
        // A Double cannot represent the difference.
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
            ("2026-03-01T12:00:00+00:00", "2026-03-01T12:00:00Z"),
            ("2026-03-01T12:00:00.123456+00:00", "2026-03-01T12:00:00.123456Z"),
            ("2024-02-29T23:59:59.999999-05:30", "2024-03-01T05:29:59.999999Z"),
            ("1970-01-01T00:00:00.000001Z", "1970-01-01T00:00:00.000001Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ])
    func timestampsAreReadAndWritten(_ text: String, expected: String) throws {
        #expect(try written(turn(text)) == expected)
    }

    @Test func everyMicrosecondRoundTrips() throws {
        for microsecond in stride(from: 0, to: 1_000_000, by: 997) {
            let time = String(format: "2036-03-01T12:00:00.%06d", microsecond)
            let read = try turn("\(time)Z")
            let shortest = time.replacing(/\.?0+$/, with: "")
            #expect(try written(read) == "\(microsecond == 0 ? "2036-03-01T12:00:00" : shortest)Z")
            #expect(try roundTrip(read) == read)
        }
    }

    @Test(
        arguments: [
            "", "now", "2026-03-01", "2026-03-01T12:00:00", "2026-02-29T12:00:00Z", "2026-03-01T12:00:00Z ",
        ])
    func anInvalidTimestampIsRejected(_ text: String) throws {
        #expect(throws: DecodingError.self) { try turn(text) }
    }

    @Test func aKnownValueIsAlwaysItsCase() throws {
        #expect(Runtime(rawValue: "claude") == .claude)
        #expect("pip" as PackageManager == .pip)
        #expect(try roundTrip(Runtime.unknown(value: "claude")) == .claude)
        #expect(try roundTrip([Runtime.unknown(value: "next")]) == [.unknown(value: "next")])
    }

    @Test(
        arguments: [
            (#"{"type":"exit","id":7,"code":0}"#, "id: 7\ndata: {\"type\":\"exit\",\"id\":7,\"code\":0}\n\n"),
            (
                #"{"type":"turn_start","id":7,"turn":2}"#,
                "id: 6\ndata: {\"type\":\"turn_start\",\"id\":7,\"turn\":2}\n\n"
            ),
            (#"{"type":"start","session_id":"s"}"#, "data: {\"type\":\"start\",\"session_id\":\"s\"}\n\n"),
        ])
    func anEventIsWrittenAsServerSentEvent(json: String, sse: String) throws {
        #expect(try StreamEvent(json: json).toSse() == sse)
    }

    @Test func aStageHasALabel() {
        #expect(StageName.createSprite.label == "Creating the sandbox")
        #expect(StageName("warm_cache").label == "warm cache")
    }
}
