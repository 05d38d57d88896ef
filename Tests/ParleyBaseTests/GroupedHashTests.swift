import ParleyBase
import Testing

@Suite struct GroupedHashTests {
  static let bytes = (0..<32).map { UInt8($0 * 7) }
  static let text = "00070e15-1c232a31-383f464d-545b6269-70777e85-8c939aa1-a8afb6bd-c4cbd2d9"

  @Test func groupsOfEightDigits() throws {
    #expect(GroupedHash.text(Self.bytes) == Self.text)
    for form in [
      Self.text, hexadecimal(Self.bytes), Self.text.uppercased(), Self.text.replacing("-", with: " "),
      " \(Self.text) ",
    ] { #expect(try GroupedHash.bytes(form) == Self.bytes, "\(form)") }
  }

  /// A beginning of 64 bits, which versions up to 0.1.0 took, is no hash: its author can find another text with the same.
  @Test func nothingButAllOfIt() {
    let plain = hexadecimal(Self.bytes)
    for (text, words) in [
      (String(plain.prefix(16)), "16 digits"), (String(plain.dropLast()), "63 digits"), (plain + "0", "65 digits"),
      ("", "0 digits"), (plain.dropLast() + "g", "something else"),
      (plain.dropLast() + "\u{ff11}", "something else"),
    ] {
      let error = #expect(throws: ParleyError.self) { try GroupedHash.bytes(text) }
      #expect(error?.code.rawValue == "usage/hash" && error?.message.contains(words) == true, "\(text)")
      #expect(error?.remedy?.contains("64") == true)
    }
  }
}
