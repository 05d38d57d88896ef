/// Why a group of made-up rows is withheld. No program that is run with parties opens it: which rule withholds a group tells about its
/// rows.
package enum WithholdingReason: String, CaseIterable, Sendable {
  /// It has too few units itself.
  case few
  /// A statistic of it, or a set of rows that a condition makes, rests on too few.
  case part
  /// Few of them make up too much of what is added up.
  case dominated
  /// So few rows are in no group that all are withheld.
  case left
  /// Groups that are made of what it adds up are withheld.
  case banded
  /// For whatever reason; only of groups that are secret.
  case hidden

  /// The name of what is opened, which no column can have.
  package func disclosure(of result: String) -> String { "\(result): \(rawValue)" }
}
