import BigInt
import Foundation
import ParleyProgram
import Testing

@Suite struct ResultFormatTests {
  /// Foundation's calendar is the reference, on both sides of 1970.
  @Test func timesAreShownInUTC() throws {
    let format = Program.ResultTable.Format.timestamp
    #expect(try format.text(of: 1_711_845_000) == "2024-03-31T00:30:00Z")
    #expect(try format.text(of: 0) == "1970-01-01T00:00:00Z")
    #expect(try format.text(of: -1) == "1969-12-31T23:59:59Z")
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
    for seconds in stride(from: -3_000_000_017, through: 6_000_000_000, by: 98_765_432) {
      let date = Date(timeIntervalSince1970: Double(seconds))
      let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
      let wanted = String(
        format: "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0,
        parts.hour ?? 0,
        parts.minute ?? 0, parts.second ?? 0)
      #expect(try format.text(of: BigInt(seconds)) == wanted)
    }
    // No value ends the program, whatever was opened.
    for seconds in [BigInt(Int64.min), BigInt(Int64.max)] { #expect(try format.text(of: seconds).hasSuffix("Z")) }
  }
}
