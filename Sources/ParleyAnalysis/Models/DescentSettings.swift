import BigInt
import ParleyBase
import ParleyNumerics

/// How a logistic model is fitted by steps along its gradient, of columns in their deviations.
struct DescentSettings: Hashable, Sendable {
  static let keys = ["rate", "tolerance"]
  /// What says more than coefficients, or asks for more, which such a fit does not have.
  static let refused = ["precision", ShowSetting.key, WeightSetting.key]
  /// λ of the penalty λ/2 · Σ β², in deviations of columns; the constant has none.
  let ridge: Rational
  /// Steps.
  let steps: Int
  /// A step is this many times the gradient of the mean over the rows.
  let rate: Rational
  /// No element of that gradient is above this in the end.
  let tolerance: Rational

  /// - Throws: `analysis/setting`; `analysis/key` of keys that another solver has.
  init(_ settings: AnalysisSettings) throws(ParleyError) {
    if let key = Self.refused.first(where: settings.has) {
      throw settings.error(
        "key", "\(settings.what) has '\(key)', which 'solver: gradient' has not", at: key,
        remedy: "leave out '\(key)', or write 'solver: newton'")
    }
    ridge = try settings.number("ridge", from: 0, to: 1_000_000, default: 0)
    steps = try settings.integer("iterations", in: 1...1000, default: 100)
    rate = try settings.number("rate", from: Rational(1, 1000), to: 8, default: Rational(1, 2))
    tolerance = try settings.number("tolerance", from: Rational(1, 1000), to: 1, default: Rational(1, 100))
    let scale = try RidgeScale(settings)
    guard ridge == 0 || scale == .deviation else {
      throw settings.error(
        "setting",
        "'ridge' of \(settings.what) counts in the units of columns, and 'solver: gradient' in deviations",
        at: "ridge", remedy: "add 'scale: deviation', or write 'solver: newton'")
    }
  }
}

/// In which units a penalty takes coefficients.
enum RidgeScale: String, Hashable, Sendable {
  /// As columns are.
  case column
  /// Each column divided by its deviation, that of all rows that are used and not of a sample.
  case deviation

  static let key = "scale"

  init(_ settings: AnalysisSettings) throws(ParleyError) {
    let words = [Self.column, .deviation].map(\.rawValue)
    self = Self(rawValue: try settings.choice(Self.key, words)) ?? .column
  }
}
