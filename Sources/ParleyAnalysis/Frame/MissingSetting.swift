import ParleyBase
import ParleyProgram

/// What is done with rows in which a column has no value, as settings name it.
enum MissingSetting: String, Hashable, Sendable {
  /// They are left out.
  case drop
  /// The run ends.
  case refuse
  /// Predictors are 0 there, and each has one more column that is 1 there.
  case indicator

  static let key = "missing"

  /// - Parameter isOfModel: there are predictors.
  /// - Throws: `analysis/setting`.
  init(_ settings: AnalysisSettings, isOfModel: Bool) throws(ParleyError) {
    let words = [Self.drop, .refuse] + (isOfModel ? [.indicator] : [])
    self = Self(rawValue: try settings.choice(Self.key, words.map(\.rawValue))) ?? .drop
  }

  /// The roles of variables.
  ///
  /// - Parameter terms: those of the model.
  func roles(_ terms: [DesignTerm] = [], weights: String? = nil) -> VariableRoles {
    var roles = VariableRoles()
    roles.weights = weights
    roles.refusesMissing = self == .refuse
    roles.optional = Set(terms.filter { $0.value == .missing }.map(\.column))
    return roles
  }
}
