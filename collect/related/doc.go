// Package related finds concepts related to one: members of its category that
// are similar to it. A loaded model, an endpoint that speaks the OpenAI chat
// protocol, or a file names them. No list of a category's members is built in.
//
// A small model asked for a list repeats itself, invents names and drifts. So a
// loaded model's lists are drawn item by item, with repeats and the concept
// itself taken out of what may be drawn; several lists are merged by vote; and
// each candidate is checked by the model's own word that it is of the category.
// Fewer concepts than were asked for are reported as fewer.
package related
