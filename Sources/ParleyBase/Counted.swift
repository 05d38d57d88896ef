/// A number and its noun: "1 row", "2 rows".
///
/// - Parameter plural: where it is more than an `s` at the end.
package func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
  "\(count) " + (count == 1 ? noun : plural ?? noun + "s")
}
