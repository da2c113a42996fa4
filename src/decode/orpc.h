/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/status.h"
#include "base/str.h"
#include "decode/decode.h"
#include "event/event.h"
#include "event/facts.h"
#include "event/ndr_view.h"

#include <stdbool.h>

/*
 * COM over LRPC: the headers in front of the parameters (orpc 2 to 4), the calls every COM object
 * understands (IRemUnknown, orpc 7.2), and the interface pointers that pass by (orpc 5).
 *
 *   request   ORPCTHIS [extents] [LOCALTHIS]  parameters
 *   response  ORPCTHAT [extents] [LOCALTHAT]  parameters, HRESULT
 *
 * view->bytes, original_bytes and syntax are the caller's. All functions set view->params_offset.
 * Where the position of the parameters cannot be known, the row `problem` says orpc_params_unknown,
 * there is no row `params_offset`, and view->params_offset is the end of the bytes, so that nobody
 * reads values out of headers. The row `is_orpc` is the caller's to write.
 *
 * Every OBJREF and STDOBJREF met is appended as ATR_FACT_INTERFACE_POINTER.
 */

/* An object UUID, opnum >= 3 and a plausible ORPCTHIS: then the object UUID is an IPID (orpc 1). */
bool atr_orpc_is_request(struct atr_bytes ndr, const struct atr_rpc_fact *request);

/* For a request that is. */
enum atr_status atr_orpc_request_decode(const struct atr_decode_context *context,
                                        struct atr_event *event, struct atr_ndr_view *view,
                                        const struct atr_rpc_fact *request);

/*
 * For the response to such a request. context->request_bytes (the LRPC message) tells, when it is
 * at hand, whether headers for local calls follow and which interfaces were asked for.
 */
enum atr_status atr_orpc_response_decode(const struct atr_decode_context *context,
                                         struct atr_event *event, struct atr_ndr_view *view,
                                         const struct atr_rpc_fact *request);

/*
 * The same headers as explicit parameters of a plain RPC interface, in the bound syntax
 * (ISCMLocalActivator, ISystemActivator, IActivation; orpc 7.3), so that it can be asked about
 * every plain request and its response; direction says which of the two the bytes are. UNSUPPORTED
 * with view->params_offset untouched: there are none, and nothing was written.
 */
enum atr_status atr_orpc_explicit_decode(const struct atr_decode_context *context,
                                         struct atr_event *event, struct atr_ndr_view *view,
                                         const struct atr_rpc_fact *request,
                                         enum atr_direction direction);
