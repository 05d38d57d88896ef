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
  }

  /// A holder that deviates shares any word; it spoils its cell, and ends nobody's program.
  @Test func anyWordOfAnyColumnIsACell() {
    let formats: [Program.ResultTable.Format] = [
      .integer, .decimal(scale: 0), .decimal(scale: 3), .date, .timestamp, .boolean, .category(["x", "y"]), .text,
    ]
    let words: [Int64] = [.min, .min + 1, .max, -1, 400_000_000, -400_000_000, 1 << 56]
    let powers: [BigInt] = [63, 64, 200].map { BigInt(1) << $0 }
    let values: [BigInt] = words.map { BigInt($0) } + powers + powers.map { -$0 } + powers.map { $0 - 1 }
    for format in formats {
      for value in values {
        let isValue =
          switch format {
          case .integer, .decimal: true
          case .date: value == -1
          case .timestamp: value.magnitude < 1 << 40
          default: false
          }
        for parts in [[value], [value, value]] {
          let cell = format.cell(of: parts)
          if case .malformed = cell {
            #expect(!isValue || parts.count == 2, "\(format): \(parts)")
          } else {
            #expect(isValue && parts.count == 1, "\(format): \(parts) is \(cell)")
          }
        }
      }
    }
  }
}
