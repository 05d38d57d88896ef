import BigInt
import ParleyProgram

/// Which decimals of a number that is not exact are shown: as many as are right but for one in the last.
struct ShownDecimals {
  let format: Program.ResultTable.Format
  /// The largest difference of what is shown from the exact value, as a decimal text; "0" when there is none.
  let precision: String

  /// Of values of which nothing is known but that they are computed from rounded ones.
  static let unbounded = "of rounded values"
  /// Of those, as many as the values have from which they are computed.
  private static let unboundedPlaces = 6

  /// - Parameters:
  ///   - scale: decimals of what is computed.
  ///   - error: the largest difference of that from the exact value; nil where it is not bounded.
  ///   - unit: in the last of these decimals, a number of which every value is a multiple.
  init(scale: Int, error: Decimal?, unit: BigInt) {
    guard let error else {
      let places = min(scale, Self.unboundedPlaces)
      format = Self.format(scale: scale, places: places)
      precision = Self.unbounded
      return
    }
    var places = scale
    while places > 0, error.digits * powerOfTen(places) > powerOfTen(error.scale) { places -= 1 }
    format = Self.format(scale: scale, places: places)
    let isExact = unit % powerOfTen(scale - places) == 0
    precision = Self.text(isExact ? error : error + Decimal(digits: 5, scale: places + 1))
  }

  private static func format(scale: Int, places: Int) -> Program.ResultTable.Format {
    places < scale ? .rounded(scale: scale, places: places) : scale == 0 ? .integer : .decimal(scale: scale)
  }

  /// "exact" or "to within 0.0000005".
  static func words(_ precision: String) -> String { precision == "0" ? "exact" : "to within \(precision)" }

  /// Without trailing zeros, "0" when exact.
  private static func text(_ number: Decimal) -> String {
    var (digits, scale) = (number.digits, number.scale)
    while scale > 0, digits % 10 == 0 { (digits, scale) = (digits / 10, scale - 1) }
    // Digits of a decimal have a text always.
    return (try? Program.ResultTable.Format.decimal(scale: scale).text(of: digits)) ?? unbounded
  }
}
